//! Programs that share a base configuration.

use inkan_tests::database::Engine;
use inkan_tests::program::run;
use inkan_tests::service::Service;

#[test]
fn programs_share_a_base_and_each_has_its_own_file() {
    let service = Service::set_up(Engine::Sqlite);
    let folder = service.folder().path();
    std::fs::create_dir_all(folder.join("own")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect(name);
    // Paths of the base are still those of its own folder: data, passphrase and calendar are found.
    write(
        "own/offices.toml",
        "include = [\"../inkan.toml\"]\nservice.portal_url = \"https://localhost/\"\n",
    );
    let listed = |file: &str| {
        let mut command = inkan_tests::program::command("ca-cli");
        run(command
            .arg("--config")
            .arg(folder.join(file))
            .args(["account", "list"]))
    };
    listed("own/offices.toml").ok();
    let mut api = inkan_tests::program::command("ca-api");
    api.arg("--config").arg(folder.join("own/offices.toml"));
    run(api.arg("--check-config")).ok();
    for (text, words) in [
        (
            "include = [\"../inkan.toml\", \"absent.toml\"]\n",
            &["absent.toml", "own/offices.toml", "include"][..],
        ),
        (
            "include = [\"offices.toml\"]\n",
            &["own/offices.toml", "itself"],
        ),
        (
            "include = [\"../inkan.toml\"]\nlock.trys = 1\n",
            &["own/offices.toml", "trys"],
        ),
        (
            "include = [\"../inkan.toml\"]\nworker.batch = 100000\n",
            &["own/offices.toml", "worker.batch is 100000"],
        ),
    ] {
        write("own/offices.toml", text);
        listed("own/offices.toml").refused(words);
    }
    service.configure("worker.batch = 100000");
    write("own/offices.toml", "include = [\"../inkan.toml\"]\n");
    listed("own/offices.toml").refused(&["inkan.toml", "worker.batch is 100000"]);
}
