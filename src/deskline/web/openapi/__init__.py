"""The description of the API for machines (OpenAPI 3.1) and for people, both made of the same entries. What routes do is not here."""
