//! A function: a real `bootstrap` in a process of its own, with the environment that Lambda gives it.

use std::{collections::BTreeMap, path::PathBuf, process::Stdio, time::Instant};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    sync::Mutex,
    task::JoinHandle,
};

use super::runtime_api::{Invocation, Outcome, Payload, RuntimeApi};

/// The environment of a function in eu-west-1 that logs JSON.
const ENVIRONMENT: [(&str, &str); 18] = [
    ("_HANDLER", "bootstrap"),
    ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEFUNCTION1"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_NAME", "orgtrail"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/orgtrail"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[$LATEST]0123456789abcdef"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_SECRET_ACCESS_KEY", "secretAccessKeyOfTheFunctionsRole0000001"),
    ("AWS_SESSION_TOKEN", "sessionTokenOfTheFunctionsRole0000000002"),
    ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
    ("LAMBDA_TASK_ROOT", "/var/task"),
    ("LANG", "en_US.UTF-8"),
    ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
    ("TZ", ":UTC"),
];

/// The configuration of a function: its code, and the variables in addition to Lambda's own.
#[derive(Clone, Debug)]
#[must_use]
pub struct Configuration {
    bootstrap: PathBuf,
    arguments: Vec<String>,
    directory: Option<PathBuf>,
    variables: BTreeMap<String, String>,
}

impl Configuration {
    /// A function in eu-west-1 whose code is `bootstrap` and that logs JSON.
    pub fn new(bootstrap: impl Into<PathBuf>) -> Self {
        let variables = ENVIRONMENT.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            bootstrap: bootstrap.into(),
            arguments: Vec::new(),
            directory: None,
            variables: variables.into(),
        }
    }

    /// Passes an argument to the bootstrap, after those before: as Lambda's own runtimes have them.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts the bootstrap in another folder.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets a variable, one of Lambda's own included.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a variable away.
    pub fn without_variable(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Puts the function into another Region.
    pub fn region(self, region: &str) -> Self {
        self.variable("AWS_REGION", region).variable("AWS_DEFAULT_REGION", region)
    }

    /// The credentials of the function's role: what no log line may contain.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        let values = names.map(|name| self.variables.get(name).map(String::as_str));
        values.into_iter().flatten()
    }

    /// Starts an execution environment: a Runtime API and the bootstrap that polls it.
    ///
    /// # Errors
    /// When the bootstrap cannot be started.
    pub async fn start(&self) -> std::io::Result<Function> {
        let api = RuntimeApi::start().await?;
        let mut command = Command::new(&self.bootstrap);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let started = Instant::now();
        let mut child = command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = [read_to_end(child.stdout.take()), read_to_end(child.stderr.take())];
        let process_id = child.id();
        let child = Mutex::new(child);
        Ok(Function { api, started, process_id, child, output })
    }
}

/// A running function: one execution environment, warm from its first invocation on. Dropping it
/// kills the process.
pub struct Function {
    api: RuntimeApi,
    started: Instant,
    process_id: Option<u32>,
    child: Mutex<Child>,
    /// The standard output and the standard error, kept apart so that their lines do not mix.
    output: [JoinHandle<Vec<u8>>; 2],
}

impl Function {
    /// Invokes the function and waits for what becomes of it.
    pub async fn invoke(&self, event: impl Into<Payload>, invocation: Invocation) -> Outcome {
        let timeout = invocation.timeout;
        let outcome = self.api.invoke(event, invocation);
        tokio::select! {
            biased;
            outcome = outcome => outcome,
            status = self.exited() => Outcome::Exited(status),
            () = tokio::time::sleep(timeout) => {
                // It fails only if the process has ended, which is what it is for.
                let _ = self.child.lock().await.kill().await;
                Outcome::TimedOut
            }
        }
    }

    /// When the process was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Waits until the function has asked for an event `times` times, and says when that was; see
    /// [`RuntimeApi::asked`].
    ///
    /// # Errors
    /// The status of the process, if it ends before.
    pub async fn asked(&self, times: usize) -> Result<Instant, String> {
        tokio::select! {
            asked = self.api.asked(times) => Ok(asked),
            status = self.exited() => Err(status),
        }
    }

    /// The ID of the process.
    pub fn process_id(&self) -> Option<u32> {
        self.process_id
    }

    /// Stops the process and returns its standard output, followed by its standard error.
    ///
    /// # Panics
    /// Never: the tasks that read the pipes do not.
    pub async fn stop(self) -> String {
        let _ = self.child.into_inner().kill().await;
        let mut log = Vec::new();
        for output in self.output {
            log.extend(output.await.expect("reading a pipe does not panic"));
        }
        String::from_utf8_lossy(&log).into_owned()
    }

    async fn exited(&self) -> String {
        let status = self.child.lock().await.wait().await;
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

fn read_to_end<R>(pipe: Option<R>) -> JoinHandle<Vec<u8>>
where
    R: AsyncRead + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        let mut output = Vec::new();
        if let Some(mut pipe) = pipe {
            // The output before a read error is still useful.
            let _ = pipe.read_to_end(&mut output).await;
        }
        output
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_function_sees_only_its_own_environment() {
        let configuration =
            Configuration::new("/usr/bin/env").variable("MANAGEMENT_ROLE_ARN", "arn");
        let function = configuration.start().await.unwrap();
        let outcome = function.invoke("{}", Invocation::default()).await;
        assert_eq!(outcome, Outcome::Exited("exit status: 0".to_owned()));
        let log = function.stop().await;
        assert!(log.contains("MANAGEMENT_ROLE_ARN=arn\n"), "{log}");
        assert!(log.contains("AWS_LAMBDA_RUNTIME_API=127.0.0.1:"), "{log}");
        assert!(!log.contains("CARGO"), "{log}");
    }

    #[tokio::test]
    async fn a_function_has_its_arguments_and_its_folder() {
        let configuration = Configuration::new("/bin/sh").argument("-c");
        let configuration = configuration.argument("pwd; exit 3").directory("/");
        let function = configuration.start().await.unwrap();
        // It ends without having asked for an event.
        assert_eq!(function.asked(1).await, Err("exit status: 3".to_owned()));
        assert_eq!(function.stop().await, "/\n");
    }

    #[tokio::test]
    async fn a_function_is_killed_after_its_timeout() {
        let function = Configuration::new("/usr/bin/yes").start().await.unwrap();
        let invocation = Invocation::lasting(Duration::from_millis(50));
        assert_eq!(function.invoke("{}", invocation).await, Outcome::TimedOut);
        assert!(function.stop().await.starts_with("y\n"));
    }
}
