// Command jwt makes the table of keys and algorithms that `io.jwt.*` is held to: each kind of key, in each spelling, with tokens of each algorithm,
// honest and forged, and what OPA answers.
//
//	go run tests/conformance/generators/jwt.go > tests/conformance/cases/builtins/io.jwt.jsonl
//
// It runs `opa eval` (OPA names another program). Calls are rows of large cases: those that OPA answers, and those that fail with the same message.
// Keys and signatures are made anew each time.
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

type object = map[string]any

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "jwt:", err)
		os.Exit(1)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func b64(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func text(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(value))
	return strings.TrimSuffix(out.String(), "\n")
}

// Algorithms.

var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

var algorithms = []string{
	"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

func digest(hash crypto.Hash, message []byte) []byte {
	hasher := hash.New()
	hasher.Write(message)
	return hasher.Sum(nil)
}

// sign signs with any algorithm that a key can take part in.
func sign(algorithm string, key any, message []byte) []byte {
	hash := hashes[algorithm[2:]]
	switch key := key.(type) {
	case []byte:
		mac := hmac.New(hash.New, key)
		mac.Write(message)
		return mac.Sum(nil)
	case *rsa.PrivateKey:
		if strings.HasPrefix(algorithm, "PS") {
			options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			return must(rsa.SignPSS(rand.Reader, key, hash, digest(hash, message), options))
		}
		return must(rsa.SignPKCS1v15(rand.Reader, key, hash, digest(hash, message)))
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, digest(hash, message))
		check(err)
		size := (key.Curve.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	case ed25519.PrivateKey:
		return ed25519.Sign(key, message)
	}
	panic("no key")
}

// token makes a token of texts as they are.
func token(header, payload string, signature func([]byte) []byte) string {
	signed := b64([]byte(header)) + "." + b64([]byte(payload))
	return signed + "." + b64(signature([]byte(signed)))
}

const claims = `{"sub":"admin"}`

func by(algorithm string, key any) func([]byte) []byte {
	return func(message []byte) []byte { return sign(algorithm, key, message) }
}

func header(algorithm string) string { return `{"alg":"` + algorithm + `"}` }

func plain(algorithm string, key any) string {
	return token(header(algorithm), claims, by(algorithm, key))
}

// Keys.

type key struct {
	name    string
	private any
	// What algorithms it takes part in, by the first two letters.
	families []string
}

func keys() []key {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	ec := func(curve elliptic.Curve) *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(curve, rand.Reader)) }
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	check(err)
	secret := make([]byte, 32)
	rand.Read(secret)
	return []key{
		{"rsa", rsaKey, []string{"RS", "PS"}},
		{"p256", ec(elliptic.P256()), []string{"ES"}},
		{"p384", ec(elliptic.P384()), []string{"ES"}},
		{"p521", ec(elliptic.P521()), []string{"ES"}},
		{"ed25519", edwards, []string{"Ed"}},
		{"x25519", must(ecdh.X25519().GenerateKey(rand.Reader)), nil},
		{"oct", []byte(secret), []string{"HS"}},
	}
}

func (k key) takes(algorithm string) bool {
	for _, family := range k.families {
		if strings.HasPrefix(algorithm, family) {
			return true
		}
	}
	return false
}

func (k key) public() any {
	switch key := k.private.(type) {
	case *ecdh.PrivateKey:
		return key.PublicKey()
	case crypto.Signer:
		return key.Public()
	}
	return nil
}

// jwk is the JSON Web Key, with more members.
func (k key) jwk(private bool, more object) object {
	members := object{}
	switch key := k.private.(type) {
	case []byte:
		members = object{"kty": "oct", "k": b64(key)}
	case *rsa.PrivateKey:
		members = object{"kty": "RSA", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
		if private {
			members["d"] = b64(key.D.Bytes())
			members["p"], members["q"] = b64(key.Primes[0].Bytes()), b64(key.Primes[1].Bytes())
			members["dp"], members["dq"] = b64(key.Precomputed.Dp.Bytes()), b64(key.Precomputed.Dq.Bytes())
			members["qi"] = b64(key.Precomputed.Qinv.Bytes())
		}
	case *ecdsa.PrivateKey:
		point := must(key.PublicKey.Bytes())[1:]
		size := len(point) / 2
		members = object{"kty": "EC", "crv": key.Curve.Params().Name, "x": b64(point[:size]), "y": b64(point[size:])}
		if private {
			members["d"] = b64(must(key.Bytes()))
		}
	case ed25519.PrivateKey:
		members = object{"kty": "OKP", "crv": "Ed25519", "x": b64(key.Public().(ed25519.PublicKey))}
		if private {
			members["d"] = b64(key.Seed())
		}
	case *ecdh.PrivateKey:
		members = object{"kty": "OKP", "crv": "X25519", "x": b64(key.PublicKey().Bytes())}
		if private {
			members["d"] = b64(key.Bytes())
		}
	}
	for name, value := range more {
		members[name] = value
	}
	return members
}

func jwks(keys ...object) string { return text(object{"keys": keys}) }

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// certificate is one for the key, issued by somebody else; nil for keys that Go makes none for.
func (k key) certificate(issuer key) []byte {
	if k.name == "x25519" {
		return nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7),
		Subject:      pkix.Name{CommonName: k.name},
		NotBefore:    time.Unix(1700000000, 0),
		NotAfter:     time.Unix(4000000000, 0),
	}
	return must(x509.CreateCertificate(rand.Reader, template, template, k.public(), issuer.private))
}

// spelling is a text that a key is given as.
type spelling struct{ name, text string }

// spellings are all texts of a key that the `cert` of a constraint, or a key of a call, might be.
func (k key) spellings(issuer key) []spelling {
	all := []spelling{
		{"jwk", text(k.jwk(false, nil))},
		{"jwks", jwks(k.jwk(false, nil))},
		{"private jwk", text(k.jwk(true, nil))},
		{"private jwks", jwks(k.jwk(true, nil))},
		{"jwk for encryption", text(k.jwk(false, object{"use": "enc", "key_ops": []string{"encrypt"}}))},
		{"jwk with space", " " + text(k.jwk(false, nil)) + "\n"},
	}
	if public := k.public(); public != nil {
		spki := must(x509.MarshalPKIXPublicKey(public))
		pkcs8 := block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(k.private)))
		all = append(all,
			spelling{"spki", block("PUBLIC KEY", spki)},
			spelling{"spki without newline", strings.TrimSuffix(block("PUBLIC KEY", spki), "\n")},
			spelling{"spki and more", block("PUBLIC KEY", spki) + "x"},
			spelling{"spki twice", block("PUBLIC KEY", spki) + block("PUBLIC KEY", spki)},
			spelling{"text before spki", "key:\n" + block("PUBLIC KEY", spki)},
			spelling{"spki in base64", base64.StdEncoding.EncodeToString(spki)},
			spelling{"spki as certificate", block("CERTIFICATE", spki)},
			spelling{"pkcs8", pkcs8},
		)
		if certificate := k.certificate(issuer); certificate != nil {
			all = append(all,
				spelling{"certificate", block("CERTIFICATE", certificate)},
				spelling{"certificate as spki", block("PUBLIC KEY", certificate)},
			)
		}
	}
	switch key := k.private.(type) {
	case *rsa.PrivateKey:
		all = append(all,
			spelling{"pkcs1", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey))},
			spelling{"private pkcs1", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))},
			spelling{"pkcs1 as spki", block("PUBLIC KEY", x509.MarshalPKCS1PublicKey(&key.PublicKey))},
		)
	case *ecdsa.PrivateKey:
		all = append(all, spelling{"sec1", block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))})
	case []byte:
		all = append(all, spelling{"secret", b64(key)})
	}
	return all
}

// secrets are the bytes that somebody who knows a public key could take for a shared secret.
func (k key) secrets(issuer key) []spelling {
	all := []spelling{{"empty", ""}}
	for _, spelling := range k.spellings(issuer) {
		if !strings.Contains(spelling.name, "private") && !strings.Contains(spelling.name, "pkcs8") && spelling.name != "sec1" && spelling.name != "secret" {
			all = append(all, spelling)
		}
	}
	add := func(name string, bytes []byte) { all = append(all, spelling{name, string(bytes)}) }
	switch key := k.public().(type) {
	case *rsa.PublicKey:
		add("modulus", key.N.Bytes())
		add("pkcs1 der", x509.MarshalPKCS1PublicKey(key))
	case *ecdsa.PublicKey:
		point := must(key.Bytes())
		add("point", point)
		add("coordinates", point[1:])
		add("x", point[1:1+len(point)/2])
	case ed25519.PublicKey:
		add("bytes", key)
		add("bytes in base64url", []byte(b64(key)))
		add("bytes in hex", fmt.Appendf(nil, "%x", []byte(key)))
	case *ecdh.PublicKey:
		add("bytes", key.Bytes())
	}
	if public := k.public(); public != nil {
		add("spki der", must(x509.MarshalPKIXPublicKey(public)))
		if certificate := k.certificate(issuer); certificate != nil {
			add("certificate der", certificate)
		}
	}
	return all
}

// Rows.

// row is a call: a function's name behind `io.jwt.`, and its operands.
type row struct {
	group, name, call string
	args              []any
}

var rows []row

func add(group, name, call string, args ...any) {
	rows = append(rows, row{group, name, call, args})
}

func verify(group, name, algorithm, token, key string) {
	call := "verify_" + strings.ToLower(algorithm)
	add(group, name+" by "+call, call, token, key)
}

func decode(group, name, token string, constraints object) {
	add(group, name, "decode_verify", token, constraints)
}

// matrix is each spelling of each key with honest tokens of each algorithm: of its own ones by itself, of the others by the others.
func matrix(all []key) {
	issuer := all[1]
	for _, k := range all {
		for _, spelling := range k.spellings(issuer) {
			for _, algorithm := range algorithms {
				signer := k
				for _, other := range all {
					if !k.takes(algorithm) && other.takes(algorithm) {
						signer = other
						break
					}
				}
				token := plain(algorithm, signer.private)
				name := algorithm + " with " + spelling.name
				decode("matrix/"+k.name, name, token, object{"cert": spelling.text})
				decode("matrix/"+k.name, name+" as secret", token, object{"secret": spelling.text})
				verify("matrix/"+k.name, name, algorithm, token, spelling.text)
			}
		}
	}
}

// confused is each key with tokens that are signed by HMAC with what is public of it.
func confused(all []key) {
	issuer := all[1]
	for _, k := range all {
		if k.name == "oct" {
			continue
		}
		certs := []spelling{
			{"jwk", text(k.jwk(false, nil))},
			{"jwks", jwks(k.jwk(false, nil))},
			{"private jwk", text(k.jwk(true, nil))},
			{"jwk with kid", text(k.jwk(false, object{"kid": "a"}))},
			{"jwk with alg", text(k.jwk(false, object{"alg": "HS256", "kid": "a"}))},
		}
		certs = append(certs, spelling{"spki", block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(k.public())))})
		if certificate := k.certificate(issuer); certificate != nil {
			certs = append(certs, spelling{"certificate", block("CERTIFICATE", certificate)})
		}
		for _, algorithm := range []string{"HS256", "HS384", "HS512"} {
			for _, secret := range k.secrets(issuer) {
				for _, head := range []string{header(algorithm), `{"alg":"` + algorithm + `","kid":"a"}`} {
					token := token(head, claims, by(algorithm, []byte(secret.text)))
					for _, cert := range certs {
						if algorithm != "HS256" && cert.name != "jwk" && cert.name != "spki" {
							continue
						}
						name := fmt.Sprintf("%s by %s, cert %s", head, secret.name, cert.name)
						decode("confused/"+k.name, name, token, object{"cert": cert.text})
					}
				}
			}
			// The private part is a secret, but not a shared one.
			if edwards, ok := k.private.(ed25519.PrivateKey); ok {
				for name, secret := range map[string][]byte{"seed": edwards.Seed(), "private bytes": edwards} {
					token := plain(algorithm, secret)
					decode("confused/"+k.name, algorithm+" by "+name, token, object{"cert": text(k.jwk(true, nil))})
				}
			}
		}
	}
}

// forged is what tokens say of their algorithm that is not so.
func forged(all []key) {
	named := map[string]key{}
	for _, k := range all {
		named[k.name] = k
	}
	empty := func([]byte) []byte { return nil }
	for _, k := range all {
		cert := object{"cert": text(k.jwk(false, nil))}
		honest := ""
		for _, algorithm := range algorithms {
			if honest == "" && k.takes(algorithm) {
				honest = algorithm
			}
		}
		for _, algorithm := range []string{"none", "None", "NONE", "nOnE", "", "null", "HS256", "Ed25519", "Ed448", "ES256K", "RSA1_5", "ML-DSA-65", "RS1", "HS1"} {
			group := "forged/" + k.name
			decode(group, "alg "+algorithm+", no signature", token(header(algorithm), claims, empty), cert)
			if honest != "" {
				decode(group, "alg "+algorithm+", signed by "+honest, token(header(algorithm), claims, by(honest, k.private)), cert)
			}
		}
		for _, head := range []string{`{}`, `{"alg":null}`, `{"alg":1}`, `{"alg":["RS256"]}`, `{"typ":"JWT"}`, `{"Alg":"HS256"}`, `{"alg":"HS256 "}`, `{"alg":"HS256\u0000"}`} {
			decode("forged/"+k.name, "header "+head, token(head, claims, empty), cert)
		}
		if honest == "" {
			continue
		}
		changed := strings.ToLower(honest)
		decode("forged/"+k.name, "alg "+changed, token(header(changed), claims, by(honest, k.private)), cert)
		changed = strings.ToUpper(honest) + " "
		decode("forged/"+k.name, "alg "+changed, token(header(changed), claims, by(honest, k.private)), cert)
		// Of another algorithm of the same key than the header says.
		for _, said := range algorithms {
			for _, done := range algorithms {
				if said == done || !k.takes(said) || !k.takes(done) {
					continue
				}
				token := token(header(said), claims, by(done, k.private))
				decode("swapped/"+k.name, said+" signed by "+done, token, cert)
				if k.name != "oct" {
					verify("swapped/"+k.name, said+" signed by "+done, said, token, text(k.jwk(false, nil)))
					verify("swapped/"+k.name, said+" signed by "+done, done, token, text(k.jwk(false, nil)))
				}
			}
		}
		// Signatures of other shapes.
		message := plain(honest, k.private)
		signed := message[:strings.LastIndexByte(message, '.')+1]
		good := must(base64.RawURLEncoding.DecodeString(message[len(signed):]))
		shapes := map[string][]byte{
			"empty":      {},
			"zeros":      make([]byte, len(good)),
			"ones":       bytes.Repeat([]byte{0xff}, len(good)),
			"short":      good[:len(good)-1],
			"long":       append(bytes.Clone(good), 0),
			"zero first": append([]byte{0}, good...),
			"twice":      append(bytes.Clone(good), good...),
			"half":       good[:len(good)/2],
		}
		if _, ok := k.private.(*ecdsa.PrivateKey); ok {
			half := len(good) / 2
			r, s := new(big.Int).SetBytes(good[:half]), new(big.Int).SetBytes(good[half:])
			shapes["der"] = must(asn1.Marshal(struct{ R, S *big.Int }{r, s}))
			shapes["padded"] = append(append([]byte{0}, good[:half]...), append([]byte{0}, good[half:]...)...)
			shapes["swapped"] = append(bytes.Clone(good[half:]), good[:half]...)
			order := k.private.(*ecdsa.PrivateKey).Curve.Params().N
			negated := new(big.Int).Sub(order, s).FillBytes(make([]byte, half))
			shapes["negated s"] = append(bytes.Clone(good[:half]), negated...)
			shapes["r of the order"] = append(order.FillBytes(make([]byte, half)), good[half:]...)
		}
		if private, ok := k.private.(*rsa.PrivateKey); ok {
			for name, length := range map[string]int{"no salt": 0, "short salt": 20, "longest salt": rsa.PSSSaltLengthAuto} {
				hash := hashes["256"]
				signedBy := func(message []byte) []byte {
					options := &rsa.PSSOptions{SaltLength: length}
					if length == 0 {
						return pssWithoutSalt(private, hash, message)
					}
					return must(rsa.SignPSS(rand.Reader, private, hash, digest(hash, message), options))
				}
				token := token(header("PS256"), claims, signedBy)
				decode("shapes/rsa", "PS256 with "+name, token, cert)
				verify("shapes/rsa", "PS256 with "+name, "PS256", token, text(k.jwk(false, nil)))
			}
		}
		for _, name := range sorted(shapes) {
			token := signed + b64(shapes[name])
			decode("shapes/"+k.name, honest+" "+name, token, cert)
			if k.name != "oct" {
				verify("shapes/"+k.name, honest+" "+name, honest, token, text(k.jwk(false, nil)))
			}
		}
		for name, changed := range map[string]string{
			"padding": message + "=", "two dots": message + ".", "no signature": strings.TrimSuffix(signed, "."), "other payload": strings.Replace(message, ".", ".A", 1),
			"space": message + " ", "newline": message + "\n", "bearer": "Bearer " + message,
		} {
			decode("shapes/"+k.name, honest+" "+name, changed, cert)
		}
	}
	// Tokens by other keys of the same kind.
	strangers := keys()
	for i, k := range all {
		for _, algorithm := range algorithms {
			if k.takes(algorithm) {
				token := plain(algorithm, strangers[i].private)
				decode("strangers", algorithm+" by another "+k.name, token, object{"cert": text(k.jwk(false, nil))})
				decode("strangers", algorithm+" by another "+k.name+", kid", token, object{"cert": jwks(k.jwk(false, object{"kid": ""}))})
			}
		}
	}
}

// pssWithoutSalt is what `rsa` signs only in this way.
func pssWithoutSalt(key *rsa.PrivateKey, hash crypto.Hash, message []byte) []byte {
	size := (key.N.BitLen() - 1 + 7) / 8
	mHash := digest(hash, message)
	seed := digest(hash, append(make([]byte, 8), mHash...))
	mask := []byte{}
	for counter := byte(0); len(mask) < size-len(seed)-1; counter++ {
		mask = append(mask, digest(hash, append(bytes.Clone(seed), 0, 0, 0, counter))...)
	}
	db := make([]byte, size-len(seed)-1)
	db[len(db)-1] = 1
	for i := range db {
		db[i] ^= mask[i]
	}
	db[0] &= 0xff >> (8*size - (key.N.BitLen() - 1))
	em := append(append(db, seed...), 0xbc)
	signature := new(big.Int).Exp(new(big.Int).SetBytes(em), key.D, key.N)
	return signature.FillBytes(make([]byte, key.Size()))
}

// sets are keys side by side, one of them perhaps a secret.
func sets(all []key) {
	kid := func(k key, id string, more object) object {
		members := object{"kid": id}
		for name, value := range more {
			members[name] = value
		}
		return k.jwk(false, members)
	}
	every := []object{}
	for _, k := range all {
		every = append(every, kid(k, k.name, nil))
	}
	oct := all[6]
	sets := map[string]string{
		"all":     jwks(every...),
		"none":    `{"keys":[]}`,
		"no keys": `{"keys":null}`,
	}
	for _, k := range all {
		sets["oct and "+k.name] = jwks(kid(oct, "oct", nil), kid(k, "k", nil))
		sets["same kid, oct first, "+k.name] = jwks(kid(oct, "k", nil), kid(k, "k", nil))
		sets["same kid, "+k.name+" first"] = jwks(kid(k, "k", nil), kid(oct, "k", nil))
	}
	for _, name := range sorted(sets) {
		for _, k := range all {
			for _, algorithm := range algorithms {
				if !k.takes(algorithm) || algorithm[2:] == "512" {
					continue
				}
				ids := []string{"", "k", "absent", "oct", k.name}
				if k.name == "oct" {
					ids = ids[:4]
				}
				for _, id := range ids {
					head := text(object{"alg": algorithm, "kid": id})
					decode("sets", fmt.Sprintf("%s by %s, kid %q, %s", algorithm, k.name, id, name), token(head, claims, by(algorithm, k.private)), object{"cert": sets[name]})
				}
			}
		}
	}
	// What a key says it is for.
	for _, k := range all {
		for _, said := range append(algorithms, "none", "Ed25519", "RSA-OAEP", "ECDH-ES", "dir", "A128KW", "unheard-of", "") {
			for _, id := range []string{"", "k"} {
				cert := text(k.jwk(false, object{"alg": said, "kid": "k"}))
				for _, algorithm := range algorithms {
					if !k.takes(algorithm) {
						continue
					}
					head := text(object{"alg": algorithm, "kid": id})
					name := fmt.Sprintf("%s key for %s, kid %q", algorithm, said, id)
					decode("said/"+k.name, name, token(head, claims, by(algorithm, k.private)), object{"cert": cert})
					if k.name != "oct" && id == "" {
						verify("said/"+k.name, name, algorithm, token(head, claims, by(algorithm, k.private)), cert)
					}
				}
			}
		}
	}
	// Members that are wrong.
	for _, k := range all {
		for member, value := range map[string]any{
			"kty": "RSA", "crv": "P-256", "crv ": "P-256", "n": "AQAB", "e": "Ag", "e0": "", "x": "AAAA", "y": "AAAA", "d": "AAAA", "k": "", "use": 1, "alg": 1, "kid": 1,
			"KTY": "oct", "keys": []any{},
		} {
			cert := text(k.jwk(false, object{strings.TrimRight(member, " 0"): value}))
			for _, algorithm := range algorithms {
				if k.takes(algorithm) && strings.HasSuffix(algorithm, "256") || k.takes(algorithm) && algorithm == "EdDSA" {
					decode("wrong/"+k.name, algorithm+" "+member+" "+text(value), plain(algorithm, k.private), object{"cert": cert})
				}
			}
		}
		for _, kty := range []string{"oct", "RSA", "EC", "OKP"} {
			members := k.jwk(true, object{"kty": kty, "k": b64([]byte("k"))})
			decode("wrong/"+k.name, "kty "+kty+" with k", plain("HS256", []byte("k")), object{"cert": text(members)})
		}
	}
}

// constrained is constraints, and claims against them.
func constrained(all []key) {
	secret, edwards := []byte("secret"), all[4]
	cert := text(edwards.jwk(false, nil))
	spki := block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(edwards.public())))
	hs := plain("HS256", secret)
	for _, alg := range append(algorithms, "", "hs256", "none") {
		decode("constraints", "alg "+alg+" of HS256", hs, object{"secret": "secret", "alg": alg})
		decode("constraints", "alg "+alg+" of EdDSA", plain("EdDSA", edwards.private), object{"cert": cert, "alg": alg})
		decode("constraints", "alg "+alg+" of a forged one", plain("HS256", []byte(edwards.public().(ed25519.PublicKey))), object{"cert": spki, "alg": alg})
	}
	for name, constraints := range map[string]object{
		"none": {}, "both": {"secret": "secret", "cert": cert}, "empty secret": {"secret": ""}, "empty cert": {"cert": ""}, "cert of a number": {"cert": 1},
		"secret of null": {"secret": nil}, "alg of a number": {"secret": "secret", "alg": 1}, "unknown": {"secret": "secret", "x": 1},
		"alg alone": {"alg": "HS256"}, "cert of an object": {"cert": edwards.jwk(false, nil)}, "cert in an array": {"cert": []string{cert}},
		"private pem as secret": {"secret": block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(edwards.private)))},
	} {
		decode("constraints", name, hs, constraints)
	}
	at := func(seconds float64) float64 { return seconds * 1e9 }
	signed := func(payload string) string { return token(header("HS256"), payload, by("HS256", secret)) }
	for _, claim := range []string{"exp", "nbf", "iat"} {
		for _, value := range []string{
			`"2000000000"`, `2000000000`, `2000000000.5`, `1`, `0`, `-1`, `1e3`, `1000`, `1000.0`, `999.999999999`, `1000.000000001`, `1e400`, `null`, `true`, `{}`, `[]`, `[9]`, `"never"`,
		} {
			decode("claims", claim+" "+value, signed(`{"`+claim+`":`+value+`}`), object{"secret": "secret", "time": at(1000)})
		}
	}
	decode("claims", "exp twice", signed(`{"exp":1,"exp":2000}`), object{"secret": "secret", "time": at(1000)})
	decode("claims", "exp twice, expired", signed(`{"exp":2000,"exp":1}`), object{"secret": "secret", "time": at(1000)})
	decode("claims", "Exp", signed(`{"Exp":1}`), object{"secret": "secret", "time": at(1000)})
	for _, aud := range []string{`"a"`, `["a"]`, `["b","a"]`, `["b"]`, `[]`, `{}`, `{"a":"a"}`, `null`, `""`, `[["a"]]`, `"A"`, `["a",1]`} {
		decode("claims", "aud "+aud, signed(`{"aud":`+aud+`}`), object{"secret": "secret", "aud": "a"})
		decode("claims", "aud "+aud+" unasked", signed(`{"aud":`+aud+`}`), object{"secret": "secret"})
		decode("claims", "aud "+aud+" of nothing", signed(`{"aud":`+aud+`}`), object{"secret": "secret", "aud": ""})
	}
	for _, iss := range []string{`"i"`, `"I"`, `""`} {
		decode("claims", "iss "+iss, signed(`{"iss":`+iss+`}`), object{"secret": "secret", "iss": "i"})
	}
	decode("claims", "no iss", signed(`{}`), object{"secret": "secret", "iss": "i"})
	decode("claims", "no aud", signed(`{}`), object{"secret": "secret", "aud": "a"})
	for _, payload := range []string{``, `x`, `[]`, `1`, `null`, `"x"`, `{"a":1}x`, `{"a":1}{"b":2}`, ` {"a":1} `, "\xef\xbb\xbf{}", `{"a":01}`} {
		decode("claims", "payload "+payload, signed(payload), object{"secret": "secret"})
	}
	headers(secret)
}

// headers are members of headers that change what a token means.
func headers(secret []byte) {
	with := object{"secret": "secret"}
	for _, head := range []string{
		`{"alg":"none","alg":"HS256"}`, `{"alg":"HS256","alg":"none"}`, `{"alg":"HS512","alg":"HS256"}`, `{"alg":"HS256","ALG":"none"}`,
		`{"alg":"HS256","crit":["exp"]}`, `{"alg":"HS256","crit":["exp"],"exp":1}`, `{"alg":"HS256","crit":[]}`, `{"alg":"HS256","crit":"exp"}`,
		`{"alg":"HS256","crit":["alg"]}`, `{"alg":"HS256","crit":["b64"],"b64":false}`, `{"alg":"HS256","b64":false}`, `{"alg":"HS256","crit":[1]}`,
		`{"alg":"HS256","crit":["b64",1],"b64":false}`, `{"alg":"HS256","crit":[1,"b64"],"b64":false}`, `{"alg":"HS256","crit":null}`, `{"alg":"HS256","crit":["x"],"crit":["alg"],"x":1}`,
		`{"alg":"HS256","enc":"A128GCM"}`, `{"alg":"HS256","typ":"JWT"}`, `{"alg":"HS256","typ":1}`, `{"alg":"HS256","kid":1}`, `{"alg":"HS256","kid":null}`,
		`{"alg":"HS256","jwk":{"kty":"oct","k":"c2VjcmV0"}}`, `{"alg":"HS256","jku":"https://example.com"}`, `{"alg":"HS256","x5c":["x"]}`, `{"alg":"HS256","zip":"DEF"}`,
		` {"alg":"HS256"}`, `{"alg":"HS256"} `, `{"alg":"HS256"}x`, `[]`, `x`, ``, `null`, `{"al\u0067":"HS256"}`, `{"alg":"\u0048S256"}`,
	} {
		decode("headers", head, token(head, claims, by("HS256", secret)), with)
		verify("headers", head, "HS256", token(head, claims, by("HS256", secret)), "secret")
	}
	// A token in a token.
	inner, forged := plain("HS256", secret), plain("HS256", []byte("other"))
	none := b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(claims)) + "."
	for _, cty := range []string{"JWT", "jwt", "Jwt", "jwT ", "application/jwt", ""} {
		for name, payload := range map[string]string{
			"token": inner, "quoted": `"` + inner + `"`, "forged": forged, "unsigned": none, "claims": claims, "empty": "", "itself": inner[:len(inner)-1],
		} {
			head := text(object{"alg": "HS256", "cty": cty})
			decode("nested", cty+" "+name, token(head, payload, by("HS256", secret)), with)
			decode("nested", cty+" "+name+", outer forged", token(head, payload, by("HS256", []byte("other"))), with)
		}
	}
	head := `{"alg":"HS256","cty":"JWT"}`
	deep := inner
	for range 5 {
		deep = token(head, deep, by("HS256", secret))
	}
	decode("nested", "five deep", deep, with)
	decode("nested", "cty of a number", token(`{"alg":"HS256","cty":1}`, inner, by("HS256", secret)), with)
}

// signing is each key with each algorithm. Only what comes out the same each time is kept.
func signing(all []key) {
	for _, k := range all {
		for _, private := range []bool{true, false} {
			for _, algorithm := range algorithms {
				random := strings.HasPrefix(algorithm, "ES") || strings.HasPrefix(algorithm, "PS")
				if private && random && k.takes(algorithm) {
					continue
				}
				name := fmt.Sprintf("%s, private %v", algorithm, private)
				members := k.jwk(private, nil)
				group := "sign/" + k.name
				if k.name == "ed25519" && strings.HasPrefix(algorithm, "HS") {
					// OPA takes the key's bytes for a secret: a case of its own, which differs on purpose.
					group = "sign/ed25519 by hmac"
				}
				add(group, name, "encode_sign", object{"alg": algorithm}, object{"a": 1}, members)
				add(group, name+" raw", "encode_sign_raw", header(algorithm), `{"a":1}`, text(members))
			}
		}
	}
}

// OPA.

// Long texts stand in `input.texts` once, and rows name them.
const module = `package test

result[name] := value if {
	some name, row in input.rows
	value := called(row[0], [operand(arg) | some arg in row[1]])
}

operand(arg) := {name: resolved(value) | some name, value in arg} if is_object(arg)

operand(arg) := resolved(arg) if not is_object(arg)

resolved(value) := object.get(input.texts, value, value)
`

func source(rows []row) string {
	calls := map[string]int{}
	for _, row := range rows {
		calls[row.call] = len(row.args)
	}
	out := module
	for _, call := range sorted(calls) {
		operands := []string{"args[0]", "args[1]", "args[2]"}[:calls[call]]
		out += fmt.Sprintf("\ncalled(%q, args) := io.jwt.%s(%s)\n", call, call, strings.Join(operands, ", "))
	}
	return out
}

func sorted[T any](of map[string]T) []string {
	names := []string{}
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// inputs is the document of the module.
func inputs(rows []row) object {
	texts, places, named := object{}, map[string]string{}, object{}
	placed := func(value any) any {
		text, ok := value.(string)
		if !ok || len(text) < 40 {
			return value
		}
		if places[text] == "" {
			places[text] = fmt.Sprintf("@%d", len(places))
			texts[places[text]] = text
		}
		return places[text]
	}
	for _, row := range rows {
		args := []any{}
		for _, arg := range row.args {
			if members, ok := arg.(object); ok {
				changed := object{}
				for name, value := range members {
					changed[name] = placed(value)
				}
				arg = changed
			}
			args = append(args, placed(arg))
		}
		named[row.name] = []any{row.call, args}
	}
	return object{"texts": texts, "rows": named}
}

func opa(rows []row, flags ...string) []byte {
	program := os.Getenv("OPA")
	if program == "" {
		program = "opa"
	}
	folder := must(os.MkdirTemp("", "jwt"))
	defer os.RemoveAll(folder)
	check(os.WriteFile(filepath.Join(folder, "test.rego"), []byte(source(rows)), 0o600))
	check(os.WriteFile(filepath.Join(folder, "input.json"), []byte(text(inputs(rows))), 0o600))
	args := append([]string{"eval", "-d", "test.rego", "-i", "input.json", "data.test.result"}, flags...)
	command := exec.Command(program, args...)
	command.Dir = folder
	command.Stderr = os.Stderr
	out, err := command.Output()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		check(err)
	}
	return out
}

// answer is what OPA gives for the rows: results by name.
func answer(rows []row) map[string]json.RawMessage {
	out := opa(rows)
	var answered struct {
		Result []struct {
			Expressions []struct{ Value map[string]json.RawMessage }
		}
	}
	check(json.Unmarshal(out, &answered))
	if len(answered.Result) != 1 {
		check(fmt.Errorf("no result: %s", out))
	}
	return answered.Result[0].Expressions[0].Value
}

// complaint is what strict mode says of a row.
func complaint(failing row) object {
	out := opa([]row{failing}, "--strict-builtin-errors")
	var answered struct {
		Errors []struct{ Code, Message string }
	}
	check(json.Unmarshal(out, &answered))
	if len(answered.Errors) != 1 {
		check(fmt.Errorf("no error in strict mode: %s %s: %s", failing.group, failing.name, out))
	}
	return object{"code": answered.Errors[0].Code, "message": answered.Errors[0].Message}
}

func compact(text json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	check(json.Compact(&out, text))
	return out.Bytes()
}

// record prints the rows of a group: those that OPA answers as one case, and those that fail with the same message as one each.
func record(group string, rows []row) (answered, failed int) {
	line := func(name string, rows []row, more object) {
		more["id"], more["module"], more["expr"] = name, source(rows), "data.test.result"
		more["input"], more["type"] = inputs(rows), "object"
		fmt.Println(text(more))
	}
	answers := answer(rows)
	kept, results := []row{}, map[string]json.RawMessage{}
	failing, complaints, order := map[string][]row{}, map[string]object{}, []string{}
	for _, row := range rows {
		if result, ok := answers[row.name]; ok {
			kept = append(kept, row)
			results[row.name] = compact(result)
			continue
		}
		why := complaint(row)
		key := row.call + text(why)
		if failing[key] == nil {
			order = append(order, key)
		}
		failing[key], complaints[key] = append(failing[key], row), why
	}
	if len(kept) > 0 {
		line("io.jwt/"+group, kept, object{"result": results})
	}
	for i, key := range order {
		line(fmt.Sprintf("io.jwt/%s/error %d", group, i+1), failing[key], object{"result": object{}, "error": complaints[key]})
	}
	return len(kept), len(rows) - len(kept)
}

func main() {
	all := keys()
	matrix(all)
	confused(all)
	forged(all)
	sets(all)
	constrained(all)
	signing(all)
	groups, names := map[string][]row{}, []string{}
	known := map[string]bool{}
	for _, row := range rows {
		if known[row.group+"\x00"+row.name] {
			check(fmt.Errorf("%s twice in %s", row.name, row.group))
		}
		known[row.group+"\x00"+row.name] = true
		if groups[row.group] == nil {
			names = append(names, row.group)
		}
		groups[row.group] = append(groups[row.group], row)
	}
	answered, failed := 0, 0
	for _, group := range names {
		some, others := record(group, groups[group])
		answered, failed = answered+some, failed+others
		fmt.Fprintf(os.Stderr, "%s: %d answered, %d failed\n", group, some, others)
	}
	fmt.Fprintf(os.Stderr, "%d answered, %d failed\n", answered, failed)
}
