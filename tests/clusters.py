"""A cluster of Spark on this machine: a master and a worker of PySpark's own, on loopback only."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

START = 60
"""How many seconds a master or worker may take to start."""


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Start a master and a worker, give the address of the master, and stop both."""
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    place = ["--host", "127.0.0.1", "--port"]
    with ExitStack() as stack:
        _start(
            stack, folder, "master", "Master", [*place, str(port), "--webui-port", "0"], "I have been elected leader"
        )
        size = ["--cores", "2", "--memory", "1g", "--work-dir", str(folder / "work"), "--webui-port", "0"]
        _start(stack, folder, "worker", "Worker", [*place, "0", *size, address], "registered with master")
        yield address


def _start(stack: ExitStack, folder: Path, role: str, name: str, arguments: list[str], sign: str) -> None:
    import pyspark

    home = Path(pyspark.__file__).parent
    log = folder / f"{role}.log"
    run = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{role}.{name}", *arguments]
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    with log.open("wb") as file:
        process = subprocess.Popen(run, stdout=file, stderr=file, env=environment)
    stack.callback(_stop, process)
    end = time.monotonic() + START
    while sign not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Spark's {role} did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=START)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
