package template

p := $"x {input.x}"
