"""What an attacker would try, class by class; `table.py` names for each the tests that hold and the control that must succeed."""
