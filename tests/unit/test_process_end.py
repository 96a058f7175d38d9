"""A program that has done its work ends, whatever its threads still wait for."""

import subprocess
import sys

PROGRAM = """
import sys, threading, time
from isotherm.process_end import end_process
threading.Thread(target=time.sleep, args=(600,)).start()
sys.stdout.write("said")
sys.stderr.write("complained")
end_process(3)
"""


def test_a_program_ends_with_its_status_and_all_it_said_without_waiting_for_threads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "said", "complained")
