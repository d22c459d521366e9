"""A key that was used before asks for the body that came with it, which no schema can say: each call gets its own."""

import re
import uuid

import schemathesis

KEY = "idempotency-key"


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or case.meta.generation.mode.is_negative:
        return  # Such a call is to be refused, whatever its key; a change would make it one that is not.
    headers = case.headers or {}
    if re.fullmatch(r"[\x21-\x7e]{1,255}", str(headers.get(KEY, ""))):
        case.headers[KEY] = str(uuid.uuid4())
