// A TLS server with a certificate made on the spot, for one test case.
#pragma once

#include "tests/support/certificate.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
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
  tls_server(const std::string& names, std::string response)
    : response_(std::move(response)), certificate_(names), context_(certificate_.server_context()) {
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
  void write_certificate(const std::string& path) const { certificate_.write(path); }

private:
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
      std::unique_ptr<SSL, openssl_release> stream(SSL_new(context_.get()));
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
  certificate certificate_;
  std::unique_ptr<SSL_CTX, openssl_release> context_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace longwave::test
