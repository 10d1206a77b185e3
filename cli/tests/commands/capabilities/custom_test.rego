package custom_test

import data.custom

test_near if custom.near with input as {"place": [1, 3]} with acme.geo.distance as 3

test_far if not custom.near with input as {"place": [1, 3]} with acme.geo.distance as far

far(_, _) := 300
