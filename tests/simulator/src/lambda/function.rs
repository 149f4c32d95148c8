//! A function: a real `bootstrap` in a process of its own, with the environment that Lambda gives it.

use std::{collections::BTreeMap, path::PathBuf, process::Stdio, sync::Arc, time::Instant};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::runtime_api::{Invocation, Outcome, Payload, RuntimeApi};

/// How a function is configured: its code, and the variables on top of Lambda's own.
#[derive(Clone, Debug)]
pub struct Configuration {
    bootstrap: PathBuf,
    arguments: Vec<String>,
    directory: Option<PathBuf>,
    variables: BTreeMap<String, String>,
}

impl Configuration {
    /// A function in eu-west-1 whose code is `bootstrap` and that logs JSON.
    pub fn new(bootstrap: impl Into<PathBuf>) -> Self {
        let variables = [
            ("_HANDLER", "bootstrap"),
            ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEFUNCTION1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_NAME", "orgtrail"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/orgtrail"),
            (
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef",
            ),
            ("AWS_REGION", "eu-west-1"),
            (
                "AWS_SECRET_ACCESS_KEY",
                "secretAccessKeyOfTheFunctionsRole0000001",
            ),
            (
                "AWS_SESSION_TOKEN",
                "sessionTokenOfTheFunctionsRole0000000002",
            ),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("LANG", "en_US.UTF-8"),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
            ("TZ", ":UTC"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            bootstrap: bootstrap.into(),
            arguments: Vec::new(),
            directory: None,
            variables: variables.into(),
        }
    }

    /// Passes an argument to the bootstrap, after those before: as Lambda's own runtimes have them.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts the bootstrap in another folder than that of whoever starts it.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets a variable, one of Lambda's own included.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a variable away.
    #[must_use]
    pub fn without_variable(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// Puts the function into another Region.
    #[must_use]
    pub fn region(self, region: &str) -> Self {
        self.variable("AWS_REGION", region)
            .variable("AWS_DEFAULT_REGION", region)
    }

    /// The credentials of the function's role: what no log line may contain.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ]
        .into_iter()
        .filter_map(|name| self.variables.get(name).map(String::as_str))
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
        let stdout = read_to_end(child.stdout.take());
        let stderr = read_to_end(child.stderr.take());
        let process_id = child.id();
        let stop = Arc::new(Notify::new());
        let (ended, exit) = watch::channel(None);
        let supervisor = tokio::spawn(supervise(child, Arc::clone(&stop), ended));
        Ok(Function {
            api,
            started,
            process_id,
            stop,
            exit,
            supervisor,
            output: Some([stdout, stderr]),
        })
    }
}

/// A running function: one execution environment, warm from its first invocation on. Dropping it
/// kills the process.
pub struct Function {
    api: RuntimeApi,
    started: Instant,
    process_id: Option<u32>,
    stop: Arc<Notify>,
    exit: watch::Receiver<Option<String>>,
    supervisor: JoinHandle<()>,
    /// What is written to stdout and to stderr, kept apart so that no line is torn by another.
    output: Option<[JoinHandle<Vec<u8>>; 2]>,
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
                self.stop.notify_one();
                self.exited().await;
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
    /// The status of the process, where it ends before.
    pub async fn asked(&self, times: usize) -> Result<Instant, String> {
        tokio::select! {
            asked = self.api.asked(times) => Ok(asked),
            status = self.exited() => Err(status),
        }
    }

    /// The id of the process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.process_id.filter(|_| self.exit.borrow().is_none())
    }

    /// Stops the process and returns all that it wrote to stdout, then all that it wrote to stderr.
    pub async fn stop(mut self) -> String {
        self.stop.notify_one();
        self.exited().await;
        let mut log = Vec::new();
        for output in self.output.take().into_iter().flatten() {
            log.extend(output.await.expect("reading a pipe does not panic"));
        }
        String::from_utf8_lossy(&log).into_owned()
    }

    async fn exited(&self) -> String {
        let mut exit = self.exit.clone();
        // The sender is dropped only after it has sent, or with the whole function.
        let status = exit.wait_for(Option::is_some).await;
        status
            .ok()
            .and_then(|status| status.clone())
            .unwrap_or_default()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Drops the child, which is killed on drop.
        self.supervisor.abort();
    }
}

async fn supervise(mut child: Child, stop: Arc<Notify>, ended: watch::Sender<Option<String>>) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = stop.notified() => match child.kill().await {
            Ok(()) => child.wait().await,
            Err(error) => Err(error),
        },
    };
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    ended.send_replace(Some(status));
}

fn read_to_end<R>(pipe: Option<R>) -> JoinHandle<Vec<u8>>
where
    R: AsyncRead + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        let mut output = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before a read error is still worth returning.
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
    async fn a_function_sees_no_environment_but_its_own() {
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
    async fn a_function_that_does_not_return_in_time_is_killed() {
        let function = Configuration::new("/usr/bin/yes").start().await.unwrap();
        let invocation = Invocation::lasting(Duration::from_millis(50));
        assert_eq!(function.invoke("{}", invocation).await, Outcome::TimedOut);
        assert!(function.stop().await.starts_with("y\n"));
    }
}
