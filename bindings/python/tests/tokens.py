"""A token for tests: a real SoftHSM2 in a folder of its own, and other processes that use it.

A process loads the module once, with the settings that its environment has then. So whatever needs a token
runs in a process of its own."""

import os
import pathlib
import subprocess
import sys

MODULE = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")


class Token:
    """A SoftHSM2 with one token, `test`, of PIN 1234."""

    def __init__(self, folder: pathlib.Path) -> None:
        assert MODULE.exists(), "SoftHSM2 is missing: install the package softhsm2"
        self.tokens, self.away = folder / "tokens", folder / "away"
        self.pin = folder / "pin"
        self.tokens.mkdir(parents=True)
        self.write_pin("1234")
        config = folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\n")
        self.environment = dict(os.environ, SOFTHSM2_CONF=str(config))
        words = ["--init-token", "--free", "--label", "test", "--pin", "1234", "--so-pin", "12345678"]
        subprocess.run(["softhsm2-util", *words], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def write_pin(self, pin: str) -> None:
        """What the file says, from which Strongroom takes the PIN."""
        self.pin.write_text(pin)
        self.pin.chmod(0o600)

    @property
    def key(self) -> str:
        """How a config names it."""
        return f"kind = 'pkcs11'\nmodule = '{MODULE}'\ntoken = 'test'\npin = {{ file = '{self.pin}' }}\n"

    def run(self, program: str, *arguments: object, seconds: float = 60) -> None:
        """Runs Python in a process of its own; it must succeed and print nothing."""
        command = [sys.executable, "-X", "faulthandler", "-c", program, *map(str, arguments)]
        done = subprocess.run(
            command,
            env=self.environment,
            timeout=seconds,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (done.returncode, done.stdout) == (0, "")
