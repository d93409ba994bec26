#!/usr/bin/env python3
import hmac
import json
import sys

GUESTS = {"ann": "mellon", "ben": "friend"}
for line in sys.stdin:
    login = json.loads(line)
    password = GUESTS.get(login["user"])
    right = None if password is None else hmac.compare_digest(password.encode(), login["password"].encode())
    print(json.dumps({"accept": right, "permissions": "read"}), flush=True)
