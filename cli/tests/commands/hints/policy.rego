package p

allow := true

deny := json.unmarshall(input.text)

twice(x) := x * 2

four := twce(2)

eight := data.p.twicee(4)
