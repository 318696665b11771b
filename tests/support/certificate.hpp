// A certificate made on the spot, its own authority, for servers of tests.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace longwave::test {

struct openssl_release {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
};

class certificate {
public:
  /// @param names   what it is for, in OpenSSL's form ("IP:127.0.0.1,DNS:localhost")
  /// @param from_s, until_s  when it is valid, seconds from now
  explicit certificate(const std::string& names, long from_s = -3'600, long until_s = 3'600) {
    key_.reset(EVP_EC_gen("P-256"));
    x509_.reset(X509_new());
    X509* const c = x509_.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
    X509_gmtime_adj(X509_getm_notBefore(c), from_s);
    X509_gmtime_adj(X509_getm_notAfter(c), until_s);
    X509_set_pubkey(c, key_.get());
    X509_NAME* const name = X509_get_subject_name(c);
    // A name of its own: a client that trusts several looks them up by name.
    static int number = 0;
    const auto common = "trial " + std::to_string(::getpid()) + "." + std::to_string(++number);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
    X509_set_issuer_name(c, name);
    X509_EXTENSION* const alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(c, alternative, -1);
    X509_EXTENSION_free(alternative);
    X509_sign(c, key_.get(), EVP_sha256());
  }

  /// A context for servers that show this certificate.
  std::unique_ptr<SSL_CTX, openssl_release> server_context() const {
    std::unique_ptr<SSL_CTX, openssl_release> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), x509_.get());
    SSL_CTX_use_PrivateKey(context.get(), key_.get());
    return context;
  }

  /// Writes it as PEM for clients to trust (SSL_CERT_FILE).
  void write(const std::string& path) const {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (!file) throw std::runtime_error("cannot write " + path);
    PEM_write_X509(file, x509_.get());
    std::fclose(file);
  }

private:
  std::unique_ptr<EVP_PKEY, openssl_release> key_;
  std::unique_ptr<X509, openssl_release> x509_;
};

} // namespace longwave::test
