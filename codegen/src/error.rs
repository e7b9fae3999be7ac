use std::fmt;

/// Why nothing was generated: what is wrong, and the place in the contract (or the file) where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    place: String,
    problem: String,
}

impl Error {
    pub(crate) fn new(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self { place: place.to_string(), problem: problem.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for Error {}

/// What every step of the road from contract to files gives.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Stops with a problem.
pub(crate) fn fail<T>(place: impl fmt::Display, problem: impl fmt::Display) -> Result<T> {
    Err(Error::new(place, problem))
}

/// A place in the contract, such as `components.schemas.Recipient.x-one-of`.
#[derive(Clone, Debug)]
pub(crate) struct Place(String);

impl Place {
    pub(crate) fn root(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(crate) fn at(&self, name: impl fmt::Display) -> Self {
        Self(format!("{}.{name}", self.0))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
