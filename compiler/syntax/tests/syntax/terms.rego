package terms

a := [1, -1.5, .5, 1e3, 0, "text \u00e9\n\ud83d\ude00", `raw \n`, true, null, set(), {}, [], {1, 2,}, {"k": v, 2: [3],}]

b := 1 + 2 * 3 - 4 / 5 % 6

c := (x | y & z) == {1} | {2}

d := {x | x} | {1}

e := [x | x | y]

f := $"{g} and \{braces} {1} {h(1) + 2}!"

g := $`raw {x
} \n {"q"}`
