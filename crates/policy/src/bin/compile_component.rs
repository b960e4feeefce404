//! Compiles the component on the standard input, under limits, for a host that is not the `yishi` program itself.

fn main() -> std::process::ExitCode {
    match yishi_policy::compilers::run(&mut std::io::stdin(), &mut std::io::stdout()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
