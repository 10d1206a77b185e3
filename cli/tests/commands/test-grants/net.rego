package net

answer := http.send({"method": "GET", "url": "http://127.0.0.1:9/", "raise_error": false}).status_code

home := opa.runtime().env.HOME

test_mocked if {
	answer == 200 with http.send as {"status_code": 200}
	home == "/x" with opa.runtime as {"env": {"HOME": "/x"}}
}

test_nothing_outside if 1 + 1 == 2

test_unmocked if answer == 200

test_environment if home != ""

test_after if true
