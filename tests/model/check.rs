//! What must hold after an interruption.

use strongroom::{DoctorOptions, KeyState, PutOptions, RootKeyId, SecretBytes, SecretPath, Store};
use strongroom_backend::KeyBackend;
use strongroom_software::{KeyringPermissions, SoftwareKeys};

use super::contents::observe;
use super::{Action, Contents, World};

/// What a store was found to hold.
pub(crate) struct Found {
    pub(crate) contents: Contents,
    /// Payloads that belong to no version.
    pub(crate) strays: u64,
}

/// Makes the store count where it takes itself for a copy, which an interrupted adoption leaves behind.
pub(crate) fn adopt(world: &World) -> Result<(), String> {
    let open = Action::Open { folder: "store".into() };
    let mut store = None;
    let adopted = open.perform(world, &mut store);
    adopted
        .and_then(|()| Action::Adopt.perform(world, &mut store))
        .map_err(|e| format!("adopting: {e:?}"))
}

/// Opens the store and compares it with what is possible. Returns what it holds.
pub(crate) fn check_store(world: &World, possible: &[Contents]) -> Result<Found, String> {
    let store = Store::open(&world.config()).map_err(|e| format!("open: {e:?}"))?;
    let contents = observe(&store.session())?;
    if !possible.contains(&contents) {
        let differences: Vec<_> = possible.iter().map(|p| p.differences(&contents)).collect();
        return Err(differences.join("\nor "));
    }
    let strays = check_doctor(&store)?;
    check_keys(&store)?;
    check_next_put(&store)?;
    Ok(Found { contents, strays })
}

/// Finds nothing wrong, and so many strays.
fn check_doctor(store: &Store) -> Result<u64, String> {
    let report = store
        .doctor(&DoctorOptions { repair: false, ..Default::default() }, &mut |_| {})
        .map_err(|e| format!("doctor: {e:?}"))?;
    if let Some(damage) = report.damaged.first() {
        return Err(format!("doctor found damage: {}", damage.what));
    }
    match report.pending_erasures {
        0 => Ok(report.strays),
        count => Err(format!("{count} erasures are pending although the store was opened")),
    }
}

/// Every root key that wraps something is at hand, and every key opens: doctor has opened them.
fn check_keys(store: &Store) -> Result<(), String> {
    let checks = store.check_keys().map_err(|e| format!("keys: {e:?}"))?;
    match checks.into_iter().find_map(|check| Some((check.id, check.result.err()?))) {
        None => Ok(()),
        Some((id, error)) => Err(format!("root key {id}: {error:?}")),
    }
}

fn check_next_put(store: &Store) -> Result<(), String> {
    let session = store.session();
    let path = SecretPath::new("probe", "next").map_err(|e| e.to_string())?;
    let probe = SecretBytes::random(100).map_err(|e| e.to_string())?;
    let put = session.put(&path, &probe, &PutOptions::default());
    put.map_err(|e| format!("the next put: {e:?}"))?;
    let got = session.get(&path).map_err(|e| format!("the next get: {e:?}"))?;
    session.erase_project("probe").map_err(|e| format!("erasing the probe: {e:?}"))?;
    if got.equals(&probe) { Ok(()) } else { Err("the next get gave something else".into()) }
}

/// Checks what an interrupted action left beside the store: nothing that looks whole and is not.
/// Returns whether it is whole.
pub(crate) fn check_beside(
    world: &World,
    action: &Action,
    contents: &Contents,
) -> Result<bool, String> {
    match action {
        Action::Create { folder } => check_folder(world, folder, &Contents::default()),
        Action::Restore { folder, .. } => check_folder(world, folder, contents),
        Action::Backup { file } => {
            if !world.root.join(file).exists() {
                return Ok(false);
            }
            let folder = format!("tried-{file}");
            let restore = Action::Restore { file: file.clone(), folder: folder.clone() };
            restore.perform(world, &mut None).map_err(|e| format!("{file} is there: {e:?}"))?;
            check_folder(world, &folder, contents)
        }
        Action::Rotate { to } => is_rotated(world, to.as_deref()),
        Action::AddRootKey { id } => has_root_key(world, id).map_err(|e| format!("keyring: {e:?}")),
        _ => Ok(true),
    }
}

/// Whether one active root key wraps everything, in this key backend.
pub(crate) fn is_rotated(world: &World, to: Option<&str>) -> Result<bool, String> {
    let keys = Store::open(&world.config())
        .and_then(|store| store.root_keys())
        .map_err(|e| format!("keys: {e:?}"))?;
    let mut used = keys.iter().filter(|key| key.wraps > 0);
    let (Some(only), None) = (used.next(), used.next()) else { return Ok(false) };
    Ok(only.state == KeyState::Active && to.is_none_or(|to| to == only.backend))
}

fn has_root_key(world: &World, id: &str) -> strongroom::Result<bool> {
    let keyring = SoftwareKeys::open(&world.layout("store").keyring, KeyringPermissions::Owner)?;
    Ok(keyring.root_keys()?.contains(&RootKeyId::new(id)?))
}

/// A folder is a store when it has a config; then it must open and hold this.
fn check_folder(world: &World, folder: &str, contents: &Contents) -> Result<bool, String> {
    let config = world.config_of(folder);
    if !config.exists() {
        return Ok(false);
    }
    let store = Store::open(&config).map_err(|e| format!("{folder} has a config: {e:?}"))?;
    let found = observe(&store.session())?;
    match contents.differences(&found) {
        none if none.is_empty() => Ok(true),
        differences => Err(format!("{folder}: {differences}")),
    }
}
