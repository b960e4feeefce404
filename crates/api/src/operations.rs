//! Which operation a request is for: found from the route that it took, so that no handler can name another.

use std::{collections::HashMap, sync::LazyLock};

use poem::{PathPattern, Request, http::Method};
use poem_openapi::OpenApi as _;

use crate::Api;

/// An operation: its id, and the names of its path's parameters in order.
struct Operation {
    id: &'static str,
    parameters: Vec<String>,
}

static OPERATIONS: LazyLock<HashMap<(Method, String), Operation>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    for path in Api::meta().into_iter().flat_map(|api| api.paths) {
        for operation in path.operations {
            if let Some(id) = operation.operation_id {
                let named = |part: &str| part.strip_prefix('{')?.strip_suffix('}').map(str::to_owned);
                let parameters = path.path.split('/').filter_map(named).collect();
                known.insert((operation.method, shape(&path.path)), Operation { id, parameters });
            }
        }
    }
    known
});

/// The id of the operation that a routed request is for.
pub(crate) fn operation_of(request: &Request) -> Option<&'static str> {
    let pattern = request.data::<PathPattern>()?;
    OPERATIONS.get(&(request.method().clone(), shape(&pattern.0))).map(|it| it.id)
}

/// What the description calls a parameter of a path, which the router knows by its number alone, such as `param1`, and a validator by its name.
pub(crate) fn path_parameter(operation: &str, name: &str) -> Option<&'static str> {
    let parameters = &OPERATIONS.values().find(|it| it.id == operation)?.parameters;
    let place = name.strip_prefix("param").and_then(|it| it.parse::<usize>().ok());
    let found = place.map_or_else(|| parameters.iter().find(|it| *it == name), |place| parameters.get(place));
    found.map(String::as_str)
}

/// Every operation with its method and path, in no particular order.
pub fn all() -> impl Iterator<Item = (&'static str, Method)> {
    OPERATIONS.iter().map(|((method, _), it)| (it.id, method.clone()))
}

/// The methods that a path knows, as the header `Allow` lists them.
pub(crate) fn methods_at(path: &str) -> String {
    let parts: Vec<_> = path.split('/').collect();
    let fits = |shape: &str| {
        let known: Vec<_> = shape.split('/').collect();
        known.len() == parts.len() && known.iter().zip(&parts).all(|(known, part)| *known == "*" || known == part)
    };
    let mut methods: Vec<_> =
        OPERATIONS.keys().filter(|(_, shape)| fits(shape)).map(|(method, _)| method.as_str()).collect();
    methods.sort_unstable();
    methods.join(", ")
}

/// A path with its parameters made nameless: `{tenant}` as the description writes it, or `:param0` as the router does.
fn shape(path: &str) -> String {
    let nameless = |part: &str| part.starts_with('{') || part.starts_with(':');
    path.split('/').map(|part| if nameless(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{ACCESS, access_of};

    #[test]
    fn the_routers_and_the_descriptions_paths_have_one_shape() {
        assert_eq!(shape("/v1/{tenant}/units/{id}"), shape("/v1/:param0/units/:param1"));
    }

    #[test]
    fn a_paths_parameters_have_the_names_of_the_description() {
        assert_eq!(path_parameter("get_unit", "param1"), Some("unit"));
        assert_eq!(path_parameter("get_unit", "unit"), Some("unit"));
        assert_eq!(path_parameter("get_unit", "param2"), None);
        assert_eq!(path_parameter("get_unit", "limit"), None);
    }

    #[test]
    fn a_path_knows_its_methods() {
        assert_eq!(methods_at("/v1/3301/units"), "GET");
        assert_eq!(methods_at("/v1/3301/members"), "POST");
        assert_eq!(methods_at("/v1/3301"), "");
    }

    #[test]
    fn every_operation_is_in_the_table_of_access_and_the_other_way_round() {
        for (id, _) in all() {
            assert!(access_of(id).is_some(), "`{id}` has no row in ACCESS");
        }
        for (id, _) in ACCESS {
            assert!(all().any(|(known, _)| known == *id), "`{id}` is no operation");
        }
        let operations = Api::meta().into_iter().flat_map(|api| api.paths).flat_map(|path| path.operations).count();
        assert_eq!(operations, all().count(), "an operation without an id, or two with one path");
    }

    #[test]
    fn an_operation_asks_for_a_token_unless_it_is_public() {
        for operation in Api::meta().into_iter().flat_map(|api| api.paths).flat_map(|path| path.operations) {
            let id = operation.operation_id.expect("every operation has an id");
            let public = access_of(id) == Some(crate::access::Access::Public);
            let asks = operation.security.iter().any(|schemes| !schemes.is_empty());
            assert_eq!(asks, !public, "`{id}`");
        }
    }
}
