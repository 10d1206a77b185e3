package p

limits := {"reads": 1, "writes": 2}

p := limits.raeds
