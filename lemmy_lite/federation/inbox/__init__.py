"""What others tell us: verified and appended durably by `receiving`, applied in the order of each sender by `lanes`.

`applying` runs one activity in one transaction; a file per family of activities says what each does.
"""
