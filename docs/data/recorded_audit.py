"""Write an audit of record: `python docs/data/recorded_audit.py my-audit`, the folder of an audit over several seeds.

The result is src/resynapse/data/audits/PROTOCOL.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from resynapse.report.recorded import of_audit

DATA = Path(__file__).parents[2] / "src" / "resynapse" / "data" / "audits"

folder = Path(sys.argv[1])
audit = json.loads((folder / "audit.json").read_text("utf-8"))
manifest = json.loads((folder / "tree" / "manifest.json").read_text("utf-8"))
seeds = len(audit["stability"][0]["seeds"]) if audit["stability"] else 1
command = f"resynapse audit {audit['protocol']} --depth {audit['depth']} --seeds {seeds}"
record = of_audit(audit, manifest["sessions"][-1]["versions"], command)
DATA.mkdir(exist_ok=True)
(DATA / f"{record.protocol}.json").write_text(record.to_json(), "utf-8")
print(f"{record.protocol}.json: {len(record.ledger)} verdicts, digest {record.sealed}")
