//! The models of the obstacle course (`codegen/tests/golden/obstacles`): whatever the contract calls its things, what is
//! generated compiles and behaves.
#![allow(clippy::used_underscore_items, reason = "a name that begins with a digit gets an underscore")]

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::all,
    clippy::pedantic,
    reason = "names are those of the obstacle course"
)]
#[path = "../../../codegen/tests/golden/obstacles/rust/bindings-rust/src/generated/models/mod.rs"]
mod obstacles;

use std::collections::BTreeMap;
use std::time::Duration;

use obstacles::{
    Box_, CircleShape, Default_, GroupShape, Match, Node, Option_, Partner, Result_, Self_, Shape, String_,
    Vec_, VecKind,
};
use serde_json::{Value, json};

fn body() -> Vec_ {
    Vec_::new(Match::Match, Self_::new(true), Box_::new().small(3))
}

#[test]
fn names_of_the_wire_are_written_whatever_rust_calls_them() {
    let body = body()
        .r#async(false)
        ._3d_secure("s")
        .maps([("a", BTreeMap::from([("b".to_owned(), vec![1, 2])]))])
        .lists([BTreeMap::from([(Match::PartiallyShipped, "x".to_owned())])])
        .matrix([vec![0.5], vec![]])
        .shapes([CircleShape::new(2.0)]);
    let expected = json!({
        "type": "match",
        "self": {"match": true},
        "limits": {"small": 3},
        "async": false,
        "3d_secure": "s",
        "maps": {"a": {"b": [1, 2]}},
        "lists": [{"partially-shipped": "x"}],
        "matrix": [[0.5], []],
        "shapes": [{"type": "type", "radius": 2.0}],
    });
    assert_eq!(serde_json::to_value(&body).unwrap(), expected);
    assert_eq!(serde_json::from_value::<Vec_>(expected).unwrap(), body);
}

#[test]
fn values_that_are_hard_to_name_read_and_write_as_themselves() {
    for value in
        ["match", "type", "partially-shipped", "3D", "1.5", "V1_5", "V15", "Option", "None", "Ok", "zh_CN"]
    {
        let known = Match::from(value);
        assert!(!matches!(known, Match::Unrecognized(_)), "{value}");
        assert_eq!(known.as_str(), value);
        assert_eq!(serde_json::to_value(&known).unwrap(), value);
    }
    assert_eq!(Match::from("later").as_str(), "later");
    assert_ne!(Match::V1_5, Match::V15);
}

#[test]
fn an_object_that_takes_every_property_keeps_and_writes_them() {
    let json = json!({"@type": "t", "more": [1, null], "type": "another"});
    let read: String_ = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(read.r#type.as_deref(), Some("t"));
    assert_eq!(serde_json::to_value(&read).unwrap(), json);
}

#[test]
fn a_known_property_is_never_written_twice() {
    let mut object = String_ { r#type: Some("known".to_owned()), ..String_::default() };
    object.additional.insert("@type".to_owned(), "added".into());
    assert_eq!(serde_json::to_string(&object).unwrap(), r#"{"@type":"known"}"#);
}

#[test]
fn trees_of_any_depth_survive() {
    let leaf = Node::new("leaf", Partner::new());
    let partner = Partner::new().node(leaf.clone()).shape(GroupShape::new(CircleShape::new(1.0)));
    let tree =
        Node::new("root", partner).next(leaf.clone()).children([leaf.clone()]).by_name([("one", leaf)]);
    let json = serde_json::to_string(&tree).unwrap();
    assert_eq!(serde_json::from_str::<Node>(&json).unwrap(), tree);
    assert_eq!(Node::default().partner, Box::new(Partner::new()));
}

#[test]
fn the_tag_of_a_form_may_come_last_and_be_anything() {
    let read = |json: Value| serde_json::from_str::<Shape>(&json.to_string()).unwrap();
    assert_eq!(read(json!({"radius": 1, "type": "type"})), Shape::from(CircleShape::new(1.0)));
    for unknown in [json!({"type": "3-D", "x": 1}), json!({"type": 4}), json!({"x": null}), json!({})] {
        let shape = read(unknown.clone());
        assert!(matches!(shape, Shape::Unrecognized(_)));
        assert_eq!(shape.tag(), unknown["type"].as_str());
        assert_eq!(serde_json::to_value(&shape).unwrap(), unknown);
    }
}

#[test]
fn a_form_that_holds_its_own_union_is_read_inside_out() {
    let json = json!({"type": "2-D", "inner": {"type": "2-D", "inner": {"type": "new", "x": 1}}});
    let read: Shape = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json);
}

#[test]
fn a_constant_is_there_from_the_start_and_kept_as_it_was_read() {
    assert_eq!(serde_json::to_string(&Default_::default()).unwrap(), r#"{"grant":"please"}"#);
    for (json, grant) in
        [(r#"{"grant":null}"#, "please"), (r#"{"grant":7}"#, "please"), (r#"{"grant":"now"}"#, "now")]
    {
        assert_eq!(serde_json::from_str::<Default_>(json).unwrap().grant(), grant);
    }
}

#[test]
fn what_is_only_read_is_empty_where_it_is_absent() {
    let read: Result_ = serde_json::from_str(r#"{"items":null,"labels":null}"#).unwrap();
    assert_eq!((read.items.len(), read.labels.len(), read.at), (0, 0, None));
    // Required ones are written, so that what was read can be shown as what it is.
    assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"items":[]}"#);
    let read: Option_ = serde_json::from_str(r#"{"value":{"items":[{},5,null,[]]}}"#).unwrap();
    assert_eq!(read.value.unwrap().items, [Option_::default()]);
}

#[test]
fn a_choice_tells_what_is_set_and_hides_what_is_personal() {
    let with = |json: Value| serde_json::from_value::<Vec_>(json).unwrap();
    assert_eq!(Vec_::default().kind(), None);
    let first = Vec_::first(Match::V15, Self_::new(true), Box_::new(), "Hello");
    assert!(matches!(first.kind(), Some(VecKind::First(words)) if words.text == "Hello"));
    let second = Vec_::second(Match::V15, Self_::new(true), Box_::new(), ["Hello"]);
    assert_eq!(format!("{:?}", second.kind().unwrap()), "Second(***)");
    assert_eq!(with(json!({"third_event": "-7"})).kind(), Some(VecKind::ThirdEvent(-7)));
    let shape = with(json!({"third_message": {"type": "new"}}));
    assert!(matches!(shape.kind(), Some(VecKind::ThirdMessage(Shape::Unrecognized(_)))));
}

#[test]
fn debug_shows_what_is_set_and_no_secret() {
    let body = body()._3d_secure("hush").number("+46701234567").due(Duration::from_millis(1500)).shapes([
        Shape::from(GroupShape::new(CircleShape::new(1.0)).note("hush")),
        serde_json::from_value(json!({"type": "new", "note": "hush"})).unwrap(),
    ]);
    let body = serde_json::from_value::<Vec_>({
        let mut json = serde_json::to_value(&body).unwrap();
        json["free"] = json!({"hush": "hush"});
        json["second_message"] = json!(["hush"]);
        json
    });
    assert_eq!(
        format!("{:?}", body.unwrap()),
        "Vec_ { type: match, self: Self_ { match: true }, limits: Box_ { small: 3 }, 3d_secure: ***, "
            .to_owned()
            + "number: +46…67, free: ***, due: 1.5s, "
            + r#"shapes: [GroupShape { type: "2-D", inner: CircleShape { type: "type", radius: 1.0 }, note: *** }, "#
            + r#"UnrecognizedVariant { tag: Some("new"), .. }], second_message: *** }"#
    );
}
