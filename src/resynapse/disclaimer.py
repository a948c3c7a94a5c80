"""What every output says about itself."""

from __future__ import annotations

DISCLAIMER = (
    "Simulated output of a simplified computational model; not clinical advice, not a medical device, "
    "not evidence of efficacy or safety in people. Do not start, stop or change any treatment on this basis. "
    "No patient data were used."
)
SHORT_DISCLAIMER = "Simulated output of a simplified model; not clinical advice."
