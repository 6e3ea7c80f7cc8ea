"""What a person has to know before the first set: when to stop, what is measured, what this program is not.

Every text is a whole sentence or a whole point of a list, so that it can be translated as it stands.
Sources: clinical practice guides for proximal hamstring tendinopathy and advice on Nordics (docs/plans.md);
none of these lists has been tested as a whole.
"""

STOP_NOW_TITLE = "Stop now and contact your therapist or doctor"
STOP_NOW = (
    "Sudden sharp pain, a pop or a bruise at the back of the thigh",
    "Pain above the limit of your plan, or pain that rises from repetition to repetition",
    "Dizziness, chest pain or shortness of breath",
    "A cramp, or ankles that come loose in a Nordic",
)

ASK_FIRST_TITLE = "Seek advice before you train"
ASK_FIRST = (
    "Pain at night or at rest that keeps rising",
    "Tingling, numbness or weakness, or pain that runs down the leg",
    "No improvement although you have been doing less",
    "A recent tear, operation or injection of the hamstring",
    "A hurt wrist or shoulder, or knee caps that hurt when you kneel",
    "Pregnancy, or advice against straining because of your eyes or your blood pressure",
)

NORDIC_SET_UP_TITLE = "Before a Nordic"
NORDIC_SET_UP = (
    "A soft pad is under the knees",
    "The ankles are held so firmly that they cannot slip",
    "The hands are free to catch you, and the floor ahead is clear",
    "No sensor or buckle is where you land or under the strap",
    "In the first week: no more than two sets of five",
)

DISCLAIMER = (
    "Eccentric is for training, education and research. It is not a medical device, makes no diagnosis and "
    "does not replace a therapist or doctor. What it suggests is a question to ask them, never an "
    "instruction."
)

SEES_TITLE = "What one sensor on the thigh sees"
SEES = (
    "The angle of that thigh, and how fast it changes",
    "How long each lowering, hold and lift lasts, each with its error",
    "How far the thigh moves, and in a Nordic where the fall begins",
)

DOES_NOT_SEE_TITLE = "What it does not see"
DOES_NOT_SEE = (
    "Force, or the load on the tendon",
    "The hip: a bend in it looks like nothing, and how the trunk moves is not known",
    "The other leg: which leg works, or how much each of them carries",
    "Help: from the hands, a band or a partner",
    "Pain: it knows only what you tell it",
)

ACCURACY = (
    "Angles and times come from one thigh sensor. How exact they are, and on which recordings that was "
    "found, is in docs/accuracy.md; nobody with a tendinopathy is among those recordings."
)

LIMITS = (DISCLAIMER, ACCURACY)
