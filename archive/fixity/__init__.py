"""Proof that the evidence is what was written: `run` verifies an archive, `findings` has what is found."""
