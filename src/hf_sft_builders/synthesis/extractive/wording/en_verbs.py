"""English verbs and particles: what tells `Installing the controller` from `Opening hours`."""

from __future__ import annotations

_VERBS = (
    "install replace configure connect remove update upgrade reset create choose book "
    "calibrate clean drain prime start stop adjust check change charge assemble disassemble "
    "mount wire test set select enter build deploy add delete edit write read load save "
    "export import prepare cook plan order return cancel request submit report apply register "
    "use operate maintain store open close turn switch restart enable disable activate "
    "deactivate manage measure inspect lubricate tighten align fill refill empty rinse "
    "descale disconnect recover restore back pair unpair sync move lift unpack ship pack find "
    "visit reach contact pay claim track verify validate run train evaluate monitor "
    "troubleshoot diagnose fix repair protect secure water prune plant harvest handle dispose "
    "winterize flush bleed defrost download upload sign log buy rent hire get take make keep "
    "give work view print scan record share invite schedule approve file appoint draft "
    "publish unlock lock hang fit feed brew grind transfer migrate define call control reduce "
    "avoid prevent increase improve commission power shut put "
    "uninstall reinstall debug compile commit merge push pull fork clone rebase oppose nominate "
    "vote join"
)
_MORE_IMPERATIVES = (
    "press hold wait click go leave blow confirm look wash rinse place insert pull push slide "
    "dry mix stir tap type note ask sign walk drive bring pass lower raise rotate attach "
    "detach repeat continue follow ensure verify allow apply compare see switch stop in on "
    "with if when do never always under from at after before once"
)
_SAFE_GERUNDS = (
    "installing replacing configuring connecting removing updating upgrading resetting "
    "creating choosing booking calibrating draining priming adjusting disconnecting "
    "assembling disassembling deploying adding deleting exporting importing preparing "
    "ordering cancelling canceling submitting registering enabling disabling activating "
    "managing inspecting lubricating tightening refilling descaling unpacking disposing "
    "winterizing troubleshooting downloading uploading unlocking appointing changing cleaning "
    "writing selecting restoring measuring storing requesting reporting claiming verifying "
    "recovering defrosting returning maintaining"
)
_PARTICLES = (
    "the a an your all any each every new up off out on down to into from with by for and its "
    "their another multiple several two three"
)

VERBS = frozenset(_VERBS.split())
"""What a heading may say to do."""
MORE_IMPERATIVES = frozenset(_MORE_IMPERATIVES.split())
"""What else the steps of a procedure begin with."""
SAFE_GERUNDS = frozenset(_SAFE_GERUNDS.split())
"""As the first word of a heading these are never adjectives."""
PARTICLES = frozenset(_PARTICLES.split())
"""After one of these words the word before is a verb."""
