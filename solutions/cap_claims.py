"""03.3 Twelve claims: the key."""

claims = "meaningless true false meaningless true false false false false true true false"
answer = dict(zip(map(str, range(1, 13)), claims.split()))
