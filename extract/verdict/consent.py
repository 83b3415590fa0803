"""Consent dialogs with little else, also those of a site's own making."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archive.words import NoticeKind, Verdict
from extract.facts import Place
from extract.verdict.decision import SHORT_ARTICLE, WHOLE_ARTICLE, shown, sure
from extract.verdict.words import calls_itself_login

if TYPE_CHECKING:
    from extract.facts import Facts
    from extract.verdict.decision import Decision

# What consent is about, as stems, in the languages of walls.toml.
_ABOUT = re.compile(
    r"cookie|consent|gdpr|tracking|advertis|personali[sz]|vendors?\b|data process|your (?:data|device|privacy)|ad-free"
    r"|zustimm|einwillig|datenschutz|werb(?:ung|e)|personenbezogen|traceurs?|publicit|vos données|partenaires"
    r"|votre (?:accord|appareil)|consentimi|consentimento|privacidad|dispositivo|publicidad|socios|parceiros"
    r"|dados pessoais|datos personales|consenso|pubblicit|dati personali|toestemming|advertentie|persoonsgegevens"
    r"|zgod[ęay]|danych osobowych|partner|souhlas|osobních údaj|samtycke|annonser|personuppgift|samtykke|suostumu"
    r"|evästei|hozzájárul|consimț|συγκατάθεσ|çerez|rıza|kişisel veri|согласи|персональн|конфиденц|згод[аиу]"
    r"|персональних|クッキー|同意|プライバシー|広告|隐私|隱私|广告|쿠키|동의|광고|개인정보|ملفات تعريف|موافق|خصوصي"
    r"|עוגיות|פרטיות|कुकी|गोपनीयता",
    re.IGNORECASE,
)
_DIALOG_SHARE = 0.5
_REST = 450
_MOST = 3000


def consent_wall(facts: Facts) -> Decision | None:
    """Find text about cookies and partners that is half of the page, with buttons or the words of a dialog."""
    if facts.weight >= WHOLE_ARTICLE and (facts.is_marked_article or facts.weight >= _MOST):
        return None
    if calls_itself_login(facts):  # the dialog lies over the form
        return None
    cut = facts.cut_chars(NoticeKind.COOKIE)
    about = [block for _, block in facts.own if _ABOUT.search(block.text)]
    dialog = cut + sum(block.weight for block in about)
    rest = facts.own_text - (dialog - cut)
    limit = SHORT_ARTICLE * 0.5 if facts.is_marked_article else _REST
    share = dialog / max(1, dialog + rest)
    if not dialog or share < _DIALOG_SHARE or rest >= limit:
        return None
    spoken = [
        said for said in facts.said if said.phrase.group == Verdict.CONSENT_WALL and said.place is not Place.TITLE
    ]
    buttons = [said for said in facts.said if said.phrase.group == "consent-button"]
    buttons += [said for said in spoken if said.place is Place.NOTICE and cut]
    if not spoken and not buttons and not cut:
        return None
    if not cut and not (spoken and buttons) and len(about) < len(facts.own) / 2:
        return None
    evidence = {
        "rule": "consent-share",
        "share": round(share, 2),
        **(shown((spoken or buttons)[0]) if spoken or buttons else {}),
    }
    return Verdict.CONSENT_WALL, {**evidence, "confidence": sure(0.96, share, _DIALOG_SHARE)}
