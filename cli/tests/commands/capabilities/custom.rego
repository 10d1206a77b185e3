package custom

near if acme.geo.distance([1, 2], input.place) < 5
