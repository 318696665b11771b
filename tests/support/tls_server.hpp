// A TLS server with a certificate made on the spot, for one test case.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace longwave::test {

/// Answers every request on a loopback port with the same bytes. The certificate is its own authority.
class tls_server {
public:
  /// @param names    what the certificate is for, in OpenSSL's form ("IP:127.0.0.1,DNS:localhost")
  /// @param response the whole HTTP response
  tls_server(const std::string& names, std::string response) : response_(std::move(response)) {
    key_.reset(EVP_EC_gen("P-256"));
    certificate_.reset(X509_new());
    make_certificate(names);
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    listen_anywhere();
    thread_ = std::thread([this] { serve(); });
  }

  ~tls_server() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }

  tls_server(const tls_server&) = delete;
  tls_server& operator=(const tls_server&) = delete;

  int port() const { return port_; }

  /// Writes the certificate for clients to trust.
  void write_certificate(const std::string& path) const {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (!file) throw std::runtime_error("cannot write " + path);
    PEM_write_X509(file, certificate_.get());
    std::fclose(file);
  }

private:
  struct release {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(SSL* p) const { SSL_free(p); }
  };

  void make_certificate(const std::string& names) {
    X509* const c = certificate_.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
    X509_gmtime_adj(X509_getm_notBefore(c), -3600);
    X509_gmtime_adj(X509_getm_notAfter(c), 3600);
    X509_set_pubkey(c, key_.get());
    X509_NAME* const name = X509_get_subject_name(c);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("trial"), -1, -1, 0);
    X509_set_issuer_name(c, name);
    X509_EXTENSION* const alternative = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(c, alternative, -1);
    X509_EXTENSION_free(alternative);
    X509_sign(c, key_.get(), EVP_sha256());
  }

  void listen_anywhere() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen for TLS");
    }
    port_ = ntohs(address.sin_port);
  }

  void serve() {
    while (!stopping_) {
      pollfd p{listener_, POLLIN, 0};
      if (::poll(&p, 1, 20) <= 0) continue;
      const int fd = ::accept(listener_, nullptr, nullptr);
      const timeval patience{5, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      std::unique_ptr<SSL, release> stream(SSL_new(context_.get()));
      SSL_set_fd(stream.get(), fd);
      if (SSL_accept(stream.get()) == 1) {
        char request[16384];
        if (SSL_read(stream.get(), request, sizeof request) > 0) {
          SSL_write(stream.get(), response_.data(), static_cast<int>(response_.size()));
          SSL_shutdown(stream.get());
        }
      }
      ::close(fd);
    }
  }

  std::string response_;
  std::unique_ptr<EVP_PKEY, release> key_;
  std::unique_ptr<X509, release> certificate_;
  std::unique_ptr<SSL_CTX, release> context_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace longwave::test
