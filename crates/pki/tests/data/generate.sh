#!/bin/sh
# Makes the certificates and signatures in generated/, with fresh keys that are thrown away.
# Needs openssl 3. Run it only to change the material: the tests do not, and every run changes
# every file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/generated
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out"
cd "$work"
mkdir issued
: >index
echo 'unique_subject = no' >index.attr

key() { # name bits [exponent]
    openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" \
        -pkeyopt "rsa_keygen_pubexp:${3:-65537}" -out "$1.key" 2>/dev/null
}

# The order of names is that of the JPKI; values are UTF8String, the country PrintableString.
cat >base.cnf <<'CNF'
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
[ca]
default_ca = ca
[ca]
database = index
new_certs_dir = issued
rand_serial = yes
default_md = sha256
policy = any
string_mask = utf8only
preserve = yes
email_in_dn = no
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
localityName = optional
commonName = optional
CNF

REAL='/C=JP/O=JPKI-TEST/OU=JPKI for user authentication/OU=Japan Agency for Local Authority Information Systems'
OWN='/C=JP/O=KAZASU TESTS/CN=NOT A REAL ROOT'
HOLDER='/C=JP/CN=NOBODY'
START=20200101000000Z
END=20391231145959Z

# issue NAME SUBJECT KEY ISSUER START END MD, extensions on stdin. ISSUER "self" signs itself.
issue() {
    { cat base.cnf; echo '[ext]'; cat; } >"$1.cnf"
    openssl req -new -utf8 -config "$1.cnf" -key "$3.key" -subj "$2" -out "$1.csr"
    if [ "$4" = self ]; then
        set -- "$@" -selfsign -keyfile "$3.key"
    else
        set -- "$@" -cert "$4.pem" -keyfile "$4.key"
    fi
    name=$1 start=$5 end=$6 md=$7
    shift 7
    openssl ca -batch -notext -config "$name.cnf" -extensions ext -in "$name.csr" -out "$name.pem" \
        -startdate "$start" -enddate "$end" -md "$md" "$@" 2>"$name.log" || {
        cat "$name.log" >&2
        exit 1
    }
    openssl x509 -in "$name.pem" -outform der -out "$out/$name.der"
}
root() { # name subject, extensions on stdin
    issue "$1" "$2" "$1" self "$START" "$END" sha256
}
# What a root and the two kinds of holder have; sed takes lines away or changes them.
root_ext() {
    printf '%s\n' 'basicConstraints = critical,CA:TRUE' 'keyUsage = critical,keyCertSign,cRLSign' \
        'subjectKeyIdentifier = hash'
}
auth_ext() {
    printf '%s\n' 'keyUsage = critical,digitalSignature' 'extendedKeyUsage = clientAuth' \
        'certificatePolicies = critical,1.2.392.200149.8.5.1.3.30' \
        'authorityKeyIdentifier = keyid' 'subjectKeyIdentifier = hash'
}
sign_ext() {
    printf '%s\n' 'keyUsage = critical,digitalSignature,nonRepudiation' \
        'certificatePolicies = critical,1.2.392.200149.8.5.1.1.20' \
        'authorityKeyIdentifier = keyid' 'subjectKeyIdentifier = hash'
}
auth() { # name, extensions on stdin
    issue "$1" "$HOLDER" holder root "$START" "$END" sha256
}

for name in root same-name-root same-identifier-root holder; do key "$name" 2048; done

# Roots that pretend to be the test hierarchy's, and holders under them.
root_ext | root same-name-root "$REAL"
root_ext | sed 's/Identifier = hash/Identifier = 8B8B137D215EA601653CAFB266528C44BC0F1664/' |
    root same-identifier-root "$REAL"
for name in same-name same-identifier; do
    auth_ext | sed 's/1\.3\.30/1.0.30/' |
        issue "$name-holder" "$HOLDER" holder "$name-root" "$START" "$END" sha256
done

# A root of our own, and holders of both kinds that are as they should be.
root_ext | root root "$OWN"
auth_ext | auth auth
auth_ext | sed 's/1\.3\.30/1.0.30/' | auth auth-test-policy
sign_ext | auth sign
auth_ext | issue auth-2055 "$HOLDER" holder root "$START" 20550101000000Z sha256
key exponent-3 2048 3
auth_ext | issue auth-exponent-3 "$HOLDER" exponent-3 root "$START" "$END" sha256

# Holders with one thing wrong each.
auth_ext | sed '/^keyUsage/d' | auth bad-key-usage-missing
auth_ext | sed 's/keyUsage = critical,/keyUsage = /' | auth bad-key-usage-not-critical
auth_ext | sed 's/digitalSignature/keyEncipherment/' | auth bad-key-usage-other
auth_ext | sed 's/digitalSignature/&,nonRepudiation/' | auth bad-key-usage-binding
auth_ext | sed 's/digitalSignature/&,keyCertSign/' | auth bad-key-usage-cert-sign
auth_ext | sed '/^extendedKeyUsage/d' | auth bad-purpose-missing
auth_ext | sed 's/clientAuth/serverAuth/' | auth bad-purpose-other
auth_ext | sed 's/clientAuth/anyExtendedKeyUsage/' | auth bad-purpose-any
auth_ext | sed '/^certificatePolicies/d' | auth bad-policy-missing
auth_ext | sed 's/1\.3\.30/1.1.20/' | auth bad-policy-of-sign
auth_ext | sed 's/1\.2\.392.*/2.5.29.32.0/' | auth bad-policy-any
{ auth_ext; echo 'basicConstraints = CA:TRUE'; } | auth bad-authority
{ auth_ext; echo '1.2.3.4 = critical,ASN1:NULL'; } | auth bad-critical-unknown
{ auth_ext; echo 'nameConstraints = critical,permitted;DNS:example.jp'; } | auth bad-critical-names
auth_ext | sed '/^authorityKey/s/keyid/none/' | auth bad-no-authority-key
{ sign_ext; echo 'extendedKeyUsage = emailProtection'; } | auth bad-sign-purpose
sign_ext | sed 's/,nonRepudiation//' | auth bad-sign-key-usage
sign_ext | sed 's/1\.1\.20/1.3.30/' | auth bad-sign-policy
key weak 1024
auth_ext | issue bad-weak "$HOLDER" weak root "$START" "$END" sha256
auth_ext | issue bad-sha384 "$HOLDER" holder root "$START" "$END" sha384
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out curve.key 2>/dev/null
auth_ext | issue bad-curve "$HOLDER" curve root "$START" "$END" sha256
auth_ext | issue bad-issued-before "$HOLDER" holder root 20191231235959Z "$END" sha256
auth_ext | issue bad-issued-after "$HOLDER" holder root 20391231150000Z 20451231145959Z sha256
# The key of the root under another name.
cp root.key renamed.key
root_ext | root renamed "$OWN AT ALL"
auth_ext | issue bad-issuer-name "$HOLDER" holder renamed "$START" "$END" sha256
openssl x509 -req -in auth.csr -CA root.pem -CAkey root.key -days 3650 -outform der \
    -out "$out/bad-version-1.der" 2>/dev/null

# Roots that are none.
for name in no-authority not-critical no-cert-sign no-identifier critical-unknown \
    critical-policy critical-purpose critical-names; do
    cp root.key "root-$name.key"
done
root_ext | sed 's/CA:TRUE/CA:FALSE/' | root root-no-authority "$OWN"
root_ext | sed 's/critical,CA/CA/' | root root-not-critical "$OWN"
root_ext | sed 's/keyCertSign,//' | root root-no-cert-sign "$OWN"
root_ext | sed '/^subjectKey/s/hash/none/' | root root-no-identifier "$OWN"
{ root_ext; echo '1.2.3.4 = critical,ASN1:NULL'; } | root root-critical-unknown "$OWN"
{ root_ext; echo 'certificatePolicies = critical,1.2.392.200149.8.5.1.1.20'; } |
    root root-critical-policy "$OWN"
{ root_ext; echo 'extendedKeyUsage = critical,emailProtection'; } |
    root root-critical-purpose "$OWN"
{ root_ext; echo 'subjectAltName = critical,DNS:example.jp'; } | root root-critical-names "$OWN"
key root-weak 1024
root_ext | root root-weak "$OWN"
key root-4096 4096
root_ext | root root-4096 "$OWN"
auth_ext | issue holder-of-4096 "$HOLDER" holder root-4096 "$START" "$END" sha256

# Attributes, with substitute characters, and some that are wrong.
san() { # name birth gender address name-flags address-flags
    printf 'subjectAltName = @san\n[san]\n'
    number=0
    for pair in "1;$1" "4;$2" "3;$3" "5;$4" "2;$5" "6;$6"; do
        number=$((number + 1))
        [ -z "${pair#*;}" ] ||
            echo "otherName.$number = 1.2.392.200149.8.5.5.${pair%%;*};FORMAT:UTF8,UTF8:${pair#*;}"
    done
}
{ sign_ext; san 名無＿ 500000000 3 どこか＿ 001 0001; } | auth attributes
{ sign_ext; san 名無 319800217 1 '' 00 00; } | auth attributes-bad-no-address
{ sign_ext; san 名無 19800217 1 どこか 00 000; } | auth attributes-bad-birth
{ sign_ext; san 名無 319800217 4 どこか 00 000; } | auth attributes-bad-gender
{ sign_ext; san 名無 319800217 1 どこか 02 000; } | auth attributes-bad-flags
{ sign_ext; san 名無 319800217 1 どこか 00 000; echo 'otherName.9 = 1.2.392.200149.8.5.5.1;FORMAT:UTF8,UTF8:別'; } |
    auth attributes-bad-twice
{ sign_ext; printf 'subjectAltName = @san\n[san]\nemail.1 = nobody@example.jp\n'; } |
    auth attributes-none

# Signatures over one message, by the key in auth.der.
printf 'a message that somebody signed\n' >"$out/message.txt"
openssl dgst -sha256 -binary "$out/message.txt" >digest
printf '\060\061\060\015\006\011\140\206\110\001\145\003\004\002\001\005\000\004\040' >prefix
cat prefix digest >digest-info
sign() { # key name options
    signer=$1 name=$2
    shift 2
    openssl pkeyutl -sign -inkey "$signer.key" -in "$input" -out "$out/$name.sig" "$@"
}
input=digest
sign holder pkcs1 -pkeyopt digest:sha256
sign holder bare -pkeyopt rsa_padding_mode:pkcs1
for salt in 0 1 20 32 max; do
    sign holder "pss-$salt" -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss \
        -pkeyopt "rsa_pss_saltlen:$salt"
done
sign holder bad-pss-mgf1-sha1 -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss \
    -pkeyopt rsa_mgf1_md:sha1 -pkeyopt rsa_pss_saltlen:32
openssl dgst -sha1 -sign holder.key -out "$out/bad-sha1.sig" "$out/message.txt"
openssl dgst -sha512 -sign holder.key -out "$out/bad-sha512.sig" "$out/message.txt"
# Blocks that a lazy parser would take for the real one.
octets() { head -c "$1" /dev/zero | tr '\000' "\\$2"; }
block() { # name: the block is on stdin
    cat >block
    [ "$(wc -c <block)" = 256 ]
    # Decrypting without padding is the private operation alone, which signing refuses to do.
    openssl pkeyutl -decrypt -inkey holder.key -in block -out "$out/$1.sig" \
        -pkeyopt rsa_padding_mode:none
}
{ printf '\000\001'; octets 202 377; printf '\000'; cat digest-info; } | block good-block
{ printf '\000\001'; octets 8 377; printf '\000'; cat digest-info; octets 194 252; } |
    block bad-trailing
{ printf '\000\001'; octets 7 377; printf '\000'; octets 195 252; cat digest-info; } |
    block bad-short-padding
{ printf '\000\002'; octets 202 377; printf '\000'; cat digest-info; } | block bad-type-2
{ printf '\000\001'; octets 201 377; printf '\376\000'; cat digest-info; } | block bad-padding-octet
{ printf '\000\001'; octets 202 377; printf '\001'; cat digest-info; } | block bad-separator
{ printf '\000\000'; octets 202 377; printf '\000'; cat digest-info; } | block bad-type-0
# DigestInfo without the NULL, which RFC 8017 does not make and older verifiers take.
{ printf '\000\001'; octets 204 377; printf '\000'
    printf '\060\057\060\013\006\011\140\206\110\001\145\003\004\002\001\004\040'; cat digest; } |
    block bad-no-null

# Keys of other lengths: a certificate to hold each, and signatures.
for bits in 2050 3072 4096; do
    key "k$bits" "$bits"
    auth_ext | issue "key-$bits" "$HOLDER" "k$bits" root "$START" "$END" sha256
    input=digest
    sign "k$bits" "key-$bits-pkcs1" -pkeyopt digest:sha256
    sign "k$bits" "key-$bits-pss" -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss \
        -pkeyopt rsa_pss_saltlen:32
    sign "k$bits" "key-$bits-pss-max" -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss \
        -pkeyopt rsa_pss_saltlen:max
done
