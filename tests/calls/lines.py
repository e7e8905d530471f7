"""The numbers of `config/numbers.yaml`, by what they do."""

OTHER_DESK = "+12015550102"
SPLIT = "+12015550103"
BY_CALLER = "+12015550104"
ONLY_OUT = "+12015550105"
WITH_METADATA = "+12015550106"
MESSAGE_OFF_HOURS = "+12015550110"
VOICEMAIL_OFF_HOURS = "+12015550111"
FORWARD_OFF_HOURS = "+12015550112"
VOICEMAIL = "+12015550113"
FORWARD_ELSE_MESSAGE = "+12015550114"
FORWARD_ELSE_VOICEMAIL = "+12015550115"
FORWARD_WITH_CREDENTIALS = "+12015550116"

OFF_HOURS_CALLEE = "+12015550190"
MESSAGE_CALLEE = "+12015550191"
ROUTED_CALLER = "+12015550180"

MAIN_GREETING = "Thanks for calling Acme Plumbing, this is Ava."  # and another sentence
OTHER_GREETING = "Hello, this is the second desk."
CLOSED = "Acme Plumbing is closed now, please call again tomorrow."
NOBODY_ANSWERS = "Nobody can take your call just now, I am sorry."
LEAVE_A_MESSAGE = "Nobody is here now, please leave a message."
