# Makes the token that the hub and its proxy share. Argument: the file.
import os
import secrets
import sys

os.umask(0o077)
with open(sys.argv[1], "w", encoding="ascii") as file:
    file.write(secrets.token_hex(32))
