//! The process between a test and its pcscd. It is pcscd's parent, and its standard input is a pipe
//! whose other end only the test holds: when the test ends, by whatever signal, the pipe does, and
//! the guard ends pcscd and removes the folder. Being the parent, it signals the right process.

use std::fs::File;
use std::io::{PipeWriter, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Error;
use crate::error::failed;

/// Standard output is the bound socket, which socket activation wants as descriptor 3; LISTEN_PID
/// must be the process that becomes pcscd. Root's guard stays root, because it removes what root's
/// clients may have put into the folder, and gives pcscd another user. A line on standard input is the name of a signal and
/// means: send it, and leave the folder.
const SCRIPT: &str = r#"
PATH=$PATH:/usr/sbin:/sbin
exec 3>&1 1>&2
as=
if [ -n "$2" ]; then
    as="setpriv --reuid=$2 --regid=$3 --clear-groups"
fi
sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec $2 pcscd --foreground --config "$1"' sh "$1/readers" "$as" &
child=$!
exec 3>&-
if read -r signal; then
    kill -s "$signal" "$child"
    wait "$child"
    exit
fi
kill -s TERM "$child"
sleep 0.2
kill -s KILL "$child"
wait "$child"
rm -rf "$1"
"#;

#[derive(Debug)]
pub(crate) struct Guard {
    child: Child,
    pipe: Option<PipeWriter>,
}

impl Guard {
    pub(crate) fn start(
        folder: &Path,
        socket: UnixListener,
        owner: Option<(u32, u32)>,
    ) -> Result<Self, Error> {
        let (read, pipe) = std::io::pipe().map_err(failed("make a pipe"))?;
        let log = File::options().create(true).append(true).open(folder.join("log"));
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "guard"])
            .arg(folder)
            .args(owner.iter().flat_map(|(user, group)| [user.to_string(), group.to_string()]))
            .current_dir("/")
            .stdin(read)
            .stdout(OwnedFd::from(socket))
            .stderr(Stdio::from(log.map_err(failed("make the log"))?))
            // An interrupt from the terminal is for the test; the guard then sees the test end.
            .process_group(0);
        let child = command.spawn().map_err(failed("start sh"))?;
        Ok(Self { child, pipe: Some(pipe) })
    }

    /// Ends pcscd by SIGKILL and leaves its folder.
    pub(crate) fn kill(mut self) -> Result<(), Error> {
        if let Some(mut pipe) = self.pipe.take() {
            pipe.write_all(b"KILL\n").map_err(failed("tell the guard"))?;
        }
        self.child.wait().map_err(failed("wait for the guard"))?;
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.child.wait();
    }
}

/// User and group of `nobody`, if this runs as root.
pub(crate) fn unprivileged() -> Result<Option<(u32, u32)>, Error> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().map_err(failed("run id"))?;
        String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().map_err(|_| Error::NoUser)
    };
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    Ok(Some((id(&["-u", "nobody"])?, id(&["-g", "nobody"])?)))
}
