"""The clinical questions that a run may be set beside, and what the literature read here says to each.

Every question is a direction that is answered yes or no. A finding stands on the side that its own authors drew, with
the figures it rests on; contested questions have findings on both sides. Nothing here was used to tune the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["yes", "no"]
Status = Literal["solid", "contested", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one study says to a question.

    Parameters
    ----------
    study : short name.
    says : its side, as its authors concluded.
    first, second : figures of which the first is the higher if the answer is yes; ``second`` empty for a ratio,
        which is above 1 if the answer is yes, or below if `inverse`.
    statement : in words.
    by_words : its side rests on what its authors wrote, not on the order of its figures.
    arms : simulated arms it can stand beside.
    """

    study: str
    says: Side
    first: str
    second: str = ""
    inverse: bool = False
    statement: str = ""
    by_words: bool = False
    arms: tuple[str, ...] = ("ssri",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A direction that model and literature may share.

    Parameters
    ----------
    key : names it.
    asks : the question, answered yes or no.
    model_reads : how the model's answer is read from a run.
    status : ``solid`` or ``contested`` in the literature read here.
    remarks : what must be said beside it.
    """

    key: str
    asks: str
    model_reads: str
    status: Status
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...] = ()


QUESTIONS = (
    Question(
        key="stopping",
        asks="Is more lost after stopping a treatment than on continuing it?",
        model_reads="acc_combined at acute (drug on) minus off (drug state neutral), among simulated subjects that "
        "responded: acc_combined above that of the same subject untreated",
        status="solid",
        findings=(
            Finding(study="Geddes 2003", says="yes", first="re_geddes_stop", second="re_geddes_cont"),
            Finding(study="ANTLER 2021", says="yes", first="re_antler_stop", second="re_antler_cont"),
            Finding(
                study="Kato 2021",
                says="yes",
                first="ma_kato_1y",
                inverse=True,
                statement="odds of relapse on continuing against placebo, after more than a year",
            ),
            Finding(
                study="SUSTAIN-1, remitters",
                says="yes",
                first="re_sustain_rem_pbo",
                second="re_sustain_rem_esk",
                statement="those who stopped went on with an oral antidepressant",
                arms=("ketamine",),
            ),
            Finding(
                study="SUSTAIN-1, responders",
                says="yes",
                first="re_sustain_resp_pbo",
                second="re_sustain_resp_esk",
                statement="those who stopped went on with an oral antidepressant",
                arms=("ketamine",),
            ),
        ),
        remarks=(
            "Enriched withdrawal designs select responders and mix relapse with withdrawal reactions.",
            "In the model a drug state is switched off at once; nothing tapers.",
            "The model's loss is read at the instant of stopping. No time passes, so nothing relapses: trials such as "
            "Geddes 2003 and ANTLER 2021 count relapses over months.",
        ),
    ),
    Question(
        key="longer treatment",
        asks="Does longer treatment before stopping lower relapse after it?",
        model_reads="rank correlation, within each simulated subject, of the probe after discontinuation and the "
        "duration of maintenance",
        status="contested",
        findings=(
            Finding(
                study="Reimherr 1998",
                says="yes",
                first="ma_reimherr_1p",
                second="ma_reimherr_3p",
                statement="gap to continued drug 22.2, 14.2, then 5.5 points; survivor selection alone can produce it",
            ),
            Finding(
                study="Geddes 2003",
                says="no",
                first="re_geddes_stop",
                statement="effect 'largely independent' of the duration of treatment before",
            ),
            Finding(
                study="Kato 2021",
                says="no",
                first="ma_kato_1y",
                statement="the gap does not shrink: 19.6 against 37.6 % at 6 months, 19.9 against 39.8 % beyond a year",
            ),
        ),
        remarks=(
            "The clinical figures are depressive relapse; the model's outcome is a manic probe: the constructs differ.",
            "Every simulated subject is tested at every duration, so that selection of survivors plays no part.",
        ),
    ),
    Question(
        key="switch",
        asks="Is switching more frequent on the drug than without it?",
        model_reads="acc_biased_1.0 (the manic probe) at acute: untreated minus treated, same simulated subject",
        status="contested",
        findings=(
            Finding(study="Tondo 2010", says="yes", first="sw_tondo_ad", second="sw_tondo_noad"),
            Finding(study="Viktorin 2014, monotherapy", says="yes", first="sw_viktorin_mono"),
            Finding(
                study="Ghaemi 2008",
                says="yes",
                first="sw_ghaemi_ms",
                by_words=True,
                statement="all contrasts together 1.72 (1.23 to 2.41); added to a mood stabiliser alone it is open",
            ),
            Finding(study="Gijsman 2004", says="no", first="sw_gijsman_ad", second="sw_gijsman_pbo"),
            Finding(study="Peet 1994, SSRI", says="no", first="sw_peet_ssri", second="sw_peet_pbo"),
        ),
        remarks=(
            "An untreated pruned network fails the probe because it is damaged, which is not a switch. Where it stands "
            "at chance a drug can take nothing away, and the question cannot be asked.",
            "A threshold on an accuracy is not mania; SSRI switch alone runs from 3.7 to 25 % with its definition.",
        ),
    ),
    Question(
        key="stabiliser",
        asks="Does a mood stabiliser lower switching?",
        model_reads="the probe after discontinuation, mean over the durations: the arm minus its variant no-protection",
        status="contested",
        findings=(
            Finding(
                study="Viktorin 2014",
                says="yes",
                first="sw_viktorin_mono",
                second="sw_viktorin_ms",
                statement="hazard without against with a mood stabiliser",
            ),
            Finding(
                study="Bottlender 2001",
                says="yes",
                first="sw_bottl_ssri",
                second="sw_bottl_ssri_ms",
                statement="retrospective, confounded by indication",
            ),
            Finding(study="Henry 2001, lithium", says="yes", first="sw_henry_noli", second="sw_henry_li"),
            Finding(
                study="Tondo 2010",
                says="no",
                first="sw_tondo_ad",
                statement="'little protection by mood stabilizers', confounded",
            ),
            Finding(
                study="Henry 2001, anticonvulsants",
                says="no",
                first="sw_henry_noli",
                statement="no protection against no mood stabiliser",
            ),
        ),
        remarks=("The class is not one drug: one simulated stabiliser cannot speak for lithium and valproate alike.",),
    ),
)

ABSENT = (
    "Switch with neurosteroids: bipolar disorder was excluded from the brexanolone phase 3 trials, and no count of "
    "mania was found for zuranolone. That a neurosteroid-like treatment switches least is an untested prediction.",
    "Switch with ketamine without a mood stabiliser: one of 18 on ketamine and one on placebo, all on lithium or "
    "valproate (Diazgranados 2010). The figures neither confirm nor exclude a high rank of ketamine, and what little "
    "there is points the other way.",
    "Relapse across ketamine, SSRI and neurosteroid, randomised head to head: none found. Orders across trials are "
    "confounded by population, horizon and definition.",
    "Mood stabiliser with a neurosteroid, or with ketamine against ketamine alone: none found.",
)
"""Questions to which no clinical figure was found; the search was not systematic."""

NOT_COMPARED = (
    "Absolute shares with response, relapse or switch: they follow from thresholds, noise and horizon chosen here.",
    "Onset: the length of each treatment is set in the protocol, so its order is no result; epochs are no weeks.",
    "Changes of rating scales: nothing in the model is mapped to one.",
    "Hazard ratios and days to relapse as sizes: counts of epochs are not calibrated to time.",
    "Tricyclics against SSRIs, and lithium's stronger effect on manic than on depressive relapse: no such arms.",
)
"""What stands in the evidence and has no counterpart in a run."""

LIMITS = (
    "The model's answers rest on one set of parameters and thresholds. Their intervals shrink with the size of the "
    "cohort at will and say nothing about other parameters.",
    "Agreement is cheap: the model answers one bit a question, which agrees by luck once in two however many findings "
    "stand on that side, and many different models would.",
    "No clinician has reviewed the choice of figures, and the literature was not searched systematically.",
)
"""What holds for every comparison."""
