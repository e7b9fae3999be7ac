//! Operations and callbacks that are not understood.

use super::refused;

#[test]
fn the_same_id_twice() {
    refused(
        "operationId: notes.add",
        "operationId: notes.list",
        "the operation id `notes.list` is there twice",
    );
}

#[test]
fn an_id_of_another_form() {
    refused(
        "operationId: notes.add",
        "operationId: addNote",
        "the operation id `addNote` is not `resource.method`",
    );
}

#[test]
fn a_tag_that_is_not_the_resource() {
    refused(
        "operationId: notes.add\n      tags: [notes]",
        "operationId: notes.add\n      tags: [pads]",
        "contract/conversation.yaml.paths./v1/projects/{project_id}/notes.post.tags: the tag `pads` is not the resource",
    );
}

#[test]
fn a_path_parameter_that_is_not_in_the_path() {
    refused(
        "name: page_token, in: query,",
        "name: page_token, in: path, required: true,",
        "the path parameter `page_token` is not in the path `/v1/projects/{project_id}/notes`",
    );
}

#[test]
fn a_name_in_the_path_that_is_no_parameter() {
    refused(
        "  /v1/projects/{project_id}/notes:",
        "  /v1/projects/{project_id}/notes/{id}:",
        "the path has `{id}`, which is no path parameter",
    );
}

#[test]
fn a_parameter_twice() {
    refused("name: mask, in", "name: page_token, in", "the parameter `page_token` is there twice");
}

#[test]
fn a_list_that_is_written_in_another_way() {
    refused(
        "style: form, explode: false,",
        "style: form, explode: true,",
        "a list needs `style: form` and `explode: false`",
    );
}

#[test]
fn a_parameter_of_a_type_that_no_query_holds() {
    refused(
        "description: The page., schema: {type: string}",
        "description: The page., schema: {$ref: '#/components/schemas/Note'}",
        "a parameter cannot be of this type",
    );
}

#[test]
fn pages_of_what_is_no_property() {
    refused(
        "items: notes, token",
        "items: pages, token",
        "get.x-page.items: `pages` is no property of `Notes`",
    );
    refused("next: next_page_token", "next: next", "get.x-page.next: `next` is no property of `Notes`");
    refused(
        "token: page_token, next",
        "token: page, next",
        "get.x-page.token: `page` must be a query parameter or a property",
    );
}

#[test]
fn a_result_key_that_is_no_property() {
    refused(
        "x-result-key: id",
        "x-result-key: note_id",
        "post.responses.200.x-result-key: `note_id` is no property of `Note`",
    );
}

#[test]
fn a_response_that_is_not_understood() {
    refused(
        "'200': {description: The note.,",
        "'404': {description: None.}\n        '200': {description: The note.,",
        "post.responses.404: a response is 200, default, 4XX or 5XX",
    );
}

#[test]
fn a_get_with_a_body() {
    let body = "requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}";
    refused("      x-page:", &format!("      {body}\n      x-page:"), "get: GET takes no body");
}

#[test]
fn a_body_of_an_unknown_encoding() {
    refused(
        "x-result-key: id\n      requestBody: {required: true, content: {application/json:",
        "x-result-key: id\n      requestBody: {required: true, content: {application/xml:",
        "post.requestBody.content: must be application/json or application/x-www-form-urlencoded",
    );
}

#[test]
fn a_callback_whose_key_is_no_property() {
    refused(
        "x-body-key: notes",
        "x-body-key: note",
        "webhooks.NOTE_READ.x-body-key: `note` is no property of `Notes`",
    );
}

#[test]
fn an_operation_composed_of_nothing() {
    refused(
        "becomes: notes.add",
        "becomes: notes.send",
        "contract/extensions.yaml.x-composed.pads.fill.becomes: there is no operation `notes.send`",
    );
}

#[test]
fn a_flat_operation_without_a_body() {
    refused(
        "    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pad'}}}}\n",
        "",
        "x-composed.pads.fill.x-flat: there is no requestBody",
    );
}
