//! Contacts and conversations, as conversation mode makes them. Calls that read or change them come later.

use crate::shelf::Shelf;

/// An address on a channel; phone numbers without plus.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) channel: String,
    pub(crate) identity: String,
}

struct Contact {
    project_id: String,
    identities: Vec<Identity>,
}

/// Who is known.
pub(crate) struct Directory {
    contacts: Shelf<String, Contact>,
    by_identity: Shelf<(String, Identity), String>,
    conversations: Shelf<(String, Identity), String>,
}

impl Directory {
    pub(crate) fn new(limit: usize) -> Self {
        Self { contacts: Shelf::new(limit), by_identity: Shelf::new(limit), conversations: Shelf::new(limit) }
    }

    /// The addresses of a contact.
    pub(crate) fn identities(&self, project_id: &str, contact_id: &str) -> Option<&[Identity]> {
        let contact = self.contacts.get(contact_id).filter(|contact| contact.project_id == project_id)?;
        Some(&contact.identities)
    }

    /// The contact with one of these addresses, or a new one. It has all of them afterwards, except for those of
    /// another contact.
    pub(crate) fn contact(
        &mut self,
        project_id: &str,
        identities: &[Identity],
        new_id: impl FnOnce() -> String,
    ) -> String {
        let key = |identity: &Identity| (project_id.to_owned(), identity.clone());
        let known = identities.iter().find_map(|identity| self.by_identity.get(&key(identity)).cloned());
        let id = known.unwrap_or_else(new_id);
        let mut all = self.contacts.take(&id).map(|contact| contact.identities).unwrap_or_default();
        for identity in identities {
            if self.by_identity.get(&key(identity)).is_none() {
                self.by_identity.put(key(identity), id.clone());
            }
            if !all.contains(identity) && self.by_identity.get(&key(identity)) == Some(&id) {
                all.push(identity.clone());
            }
        }
        self.contacts.put(id.clone(), Contact { project_id: project_id.to_owned(), identities: all });
        id
    }

    /// The conversation of an app with an address, or a new one.
    pub(crate) fn conversation(
        &mut self,
        app_id: &str,
        identity: &Identity,
        new_id: impl FnOnce() -> String,
    ) -> String {
        let key = (app_id.to_owned(), identity.clone());
        if let Some(id) = self.conversations.get(&key) {
            return id.clone();
        }
        let id = new_id();
        self.conversations.put(key, id.clone());
        id
    }
}
