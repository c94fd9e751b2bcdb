"""Keys, signatures, passwords, tokens and one-time codes; pure computation, no input or output.

The sole user of cryptography, bcrypt, PyJWT and pyotp. Each is imported where it is first needed: cryptography alone costs
17 MB and 40 ms, which an instance that only answers anonymous readers need not pay at start.
"""
