#!/bin/sh
# Makes the lists, requests and responses of this folder with the openssl program, so that another
# implementation than ours wrote them. Keys are fresh and thrown away. Needs openssl 3. The tests do
# not run it, and every run changes every file; the day of the responses is that of the run.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
rm -f "$out"/*.der
mkdir issued
: >index
echo 'unique_subject = no' >index.attr
echo 1B2C >serial
echo 0A >crlnumber

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
serial = serial
crlnumber = crlnumber
default_md = sha256
policy = any
string_mask = utf8only
preserve = yes
email_in_dn = no
certificate = root.pem
private_key = root.key
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[holder]
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
certificatePolicies = critical,1.2.392.200149.8.5.1.0.30
crlDistributionPoints = point
authorityKeyIdentifier = keyid,issuer:always
subjectKeyIdentifier = hash
[point]
fullname = dirName:point_name
[point_name]
countryName = JP
organizationName = KAZASU TESTS
1.organizationalUnitName = CRL Distribution Points
2.organizationalUnitName = Tokyo-to
commonName = Chiyoda-ku CRLDP
[responder]
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
[crl]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp
[idp]
fullname = dirName:point_name
onlyuser = TRUE
[crl_other_point]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp_other
[idp_other]
fullname = dirName:other_name
[other_name]
countryName = JP
organizationName = KAZASU TESTS
commonName = Minato-ku CRLDP
[crl_whole]
authorityKeyIdentifier = keyid
[crl_authorities]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp_authorities
[idp_authorities]
fullname = dirName:point_name
onlyCA = TRUE
[crl_indirect]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp_indirect
[idp_indirect]
fullname = dirName:point_name
indirectCRL = TRUE
[crl_reasons]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp_reasons
[idp_reasons]
fullname = dirName:point_name
onlysomereasons = keyCompromise,CACompromise
CNF

NAME='/C=JP/O=KAZASU TESTS/CN=NOT A REAL ROOT'
START=20200101000000Z
END=20391231145959Z
for key in root holder lost responder; do
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$key.key" 2>/dev/null
done
issue() { # name subject section
    openssl req -new -utf8 -config base.cnf -key "$1.key" -subj "$2" -out "$1.csr"
    name=$1 section=$3
    shift 3
    openssl ca -batch -notext -config base.cnf -extensions "$section" -in "$name.csr" \
        -out "$name.pem" -startdate "$START" -enddate "$END" "$@" 2>/dev/null
    openssl x509 -in "$name.pem" -outform der -out "$out/$name.der"
}
issue root "$NAME" root -selfsign -keyfile root.key
issue holder '/C=JP/CN=NOBODY' holder
issue lost '/C=JP/CN=NOBODY ELSE' holder
issue responder '/C=JP/O=KAZASU TESTS/CN=RESPONDER' responder

openssl ca -config base.cnf -revoke lost.pem -crl_compromise 20260930120000Z 2>/dev/null

crl() { # name section
    openssl ca -config base.cnf -gencrl -crlexts "$2" -crl_lastupdate 20261120150000Z \
        -crl_nextupdate 20261222150000Z -out "$1.pem" 2>/dev/null
    openssl crl -in "$1.pem" -outform der -out "$out/$1.der"
}
crl crl crl
crl crl-other-point crl_other_point
crl crl-whole crl_whole
crl crl-authorities crl_authorities
crl crl-indirect crl_indirect
crl crl-reasons crl_reasons

ocsp() { # name certificate [options of the request] -- [options of the response]
    name=$1 certificate=$2
    shift 2
    ask=
    while [ "$1" != -- ]; do ask="$ask $1"; shift; done
    shift
    # shellcheck disable=SC2086
    openssl ocsp -issuer root.pem $ask -cert "$certificate.pem" -reqout "$out/$name-request.der"
    openssl ocsp -index index -CA root.pem -reqin "$out/$name-request.der" -ndays 30 \
        -respout "$out/$name-response.der" "$@" >/dev/null 2>&1
}
BY_RESPONDER='-rsigner responder.pem -rkey responder.key'
BY_ROOT='-rsigner root.pem -rkey root.key'
# shellcheck disable=SC2086
{
    ocsp ocsp-good holder -- $BY_RESPONDER
    ocsp ocsp-revoked lost -- $BY_RESPONDER
    ocsp ocsp-sha256 holder -sha256 -- $BY_RESPONDER -resp_key_id
    ocsp ocsp-no-nonce holder -no_nonce -- $BY_RESPONDER
    ocsp ocsp-by-root holder -- $BY_ROOT -resp_no_certs
    ocsp ocsp-by-root-key holder -- $BY_ROOT -resp_key_id -resp_no_certs
    # A database that does not know the certificate.
    : >empty
    cp index.attr empty.attr
    mv index full
    mv empty index
    ocsp ocsp-unknown holder -- $BY_RESPONDER
}
