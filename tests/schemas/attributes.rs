//! The attributes that a Create of the real function returns are those that the types declare.

use orgtrail::resource::ResourceType as Served;
use serde_json::json;
use simulator::cloudformation::{ResourceType, Response};

use crate::support::{
    OrgDelegatedAdministrator, OrgTrail, OrgTrailDelivery, OrgTrustedAccess, REGION, Scene,
    deliver_all,
};

fn assert_declared(resource_type: ResourceType, response: &Response) {
    let types = Served::ALL.map(Served::description);
    let name = resource_type.name();
    let description = types.iter().find(|one| one.type_name == name);
    let mut declared: Vec<&str> =
        description.expect("a type").attributes.iter().map(|(name, _)| *name).collect();
    declared.sort_unstable();
    assert_eq!(response.attribute_names(), declared, "{name}");
}

#[tokio::test]
async fn a_create_returns_exactly_the_declared_attributes() {
    let scene = Scene::ready().await;
    for resource_type in [OrgTrustedAccess, OrgTrail, OrgDelegatedAdministrator] {
        let response = scene.succeed(&scene.create(resource_type)).await;
        assert_declared(resource_type, &response);
    }
    scene.aws.world(|world| deliver_all(world, &[REGION]));
    let gate = scene.create(OrgTrailDelivery);
    let response = scene.succeed(&gate).await;
    assert_declared(OrgTrailDelivery, &response);

    // A check that finds nothing returns all of them, empty.
    scene.aws.world(|world| world.trails.clear());
    let look = scene.update(OrgTrailDelivery).property("ServiceTimeout", "600");
    let response = scene.succeed(&look).await;
    assert_declared(OrgTrailDelivery, &response);
    assert_eq!(response.json()["Data"]["LogLocation"], json!(""));
}
