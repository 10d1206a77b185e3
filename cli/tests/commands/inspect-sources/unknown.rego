package unknown

p if data.lib.f(input.x, $"{input.y}")
