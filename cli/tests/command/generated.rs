//! Manual pages and completions for everything that the command can do.

use std::fs;

use crate::sandbox::Sandbox;

const SUBCOMMANDS: &[&str] = &[
    "init",
    "put",
    "get",
    "exec",
    "list",
    "show",
    "versions",
    "state",
    "expire",
    "label",
    "destroy",
    "erase",
    "project",
    "keys",
    "health",
    "doctor",
    "backup",
    "restore",
    "completions",
];

#[test]
fn the_help_names_every_subcommand() {
    let help = Sandbox::empty().run(&["--help"]).text();
    for name in SUBCOMMANDS {
        assert!(help.contains(&format!("\n  {name} ")), "no {name} in {help}");
    }
}

#[test]
fn completions_know_every_subcommand() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.run(&["completions", shell]).text();
        for name in SUBCOMMANDS {
            assert!(script.contains(name), "no {name} for {shell}");
        }
    }
}

#[test]
fn bash_accepts_its_completions() {
    let sandbox = Sandbox::empty();
    fs::write(sandbox.path("script"), sandbox.run(&["completions", "bash"]).succeeds()).unwrap();
    let check = "source ./script && complete -p strongroom";
    let output = std::process::Command::new("bash")
        .current_dir(sandbox.path(""))
        .args(["-c", check])
        .output();
    assert!(output.unwrap().status.success());
}

#[test]
fn every_subcommand_has_a_manual_page_with_its_options() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["man", "pages/man1"]).succeeds();
    let page = |name: &str| fs::read_to_string(sandbox.path("pages/man1").join(name)).unwrap();
    for name in SUBCOMMANDS {
        let text = page(&format!("strongroom-{name}.1"));
        assert!(text.contains("strongroom"), "{name}: {text}");
    }
    assert!(page("strongroom-put.1").contains("generate"));
    assert!(page("strongroom-project-erase.1").contains("yes"));
    assert!(page("strongroom.1").contains("strongroom\\-get(1)"));
}

#[test]
fn a_manual_page_has_what_an_admin_looks_for() {
    let sandbox = Sandbox::empty();
    sandbox.run(&["man", "pages"]).succeeds();
    let page = |name: &str| {
        let text = fs::read_to_string(sandbox.path("pages").join(name)).unwrap();
        text.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "")
    };
    let get = page("strongroom-get.1");
    for part in [
        "strongroom get [--version N] [--inactive]",
        ".SH EXAMPLES\n.nf\nstrongroom get web1/borg  ",
        ".TP\nSTRONGROOM_CONFIG\n",
        ".TP\n/etc/strongroom/\n",
        ".SH \"SEE ALSO\"\nstrongroom(1)\n",
    ] {
        assert!(get.contains(part), "no {part} in {get}");
    }
    for kind in strongroom::ErrorKind::ALL {
        let row = format!(".TP\n{}\n{}\n", kind.number(), kind.name());
        assert!(get.contains(&row), "no {row} in {get}");
    }
    assert!(page("strongroom-exec.1").contains(".TP\n125\n"));
    assert!(page("strongroom-project-erase.1").contains("strongroom-project(1)\n"));
}
