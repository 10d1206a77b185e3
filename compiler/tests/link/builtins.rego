package test

result := count(split(lower(input.name), "-"))
