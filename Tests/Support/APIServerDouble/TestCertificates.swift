/// Certificates for tests of TLS, made once with openssl and good for a hundred years. The private keys guard nothing:
/// everything here is public, and nothing but a double on 127.0.0.1 trusts it.
package enum TestCertificates {
  /// The authority that signed both certificates.
  package static let authority = """
    -----BEGIN CERTIFICATE-----
    MIIBszCCAVmgAwIBAgIUBXQn+7BPo16MPvM5tuj2M8TV0aMwCgYIKoZIzj0EAwIw
    JjEkMCIGA1UEAwwbYXBpLXNlcnZlci1kb3VibGUgYXV0aG9yaXR5MCAXDTI2MTEy
    NDAyNTIwM1oYDzIxMjYxMDMxMDI1MjAzWjAmMSQwIgYDVQQDDBthcGktc2VydmVy
    LWRvdWJsZSBhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ3JwkJ
    uwQBA3KRFGCTksAHOt+IAatg3Ywg+TB27JrbefpNEP806xMRxXhlabaiy/AEZfe3
    SEu4bA9jhkmHFFuUo2MwYTAdBgNVHQ4EFgQUa4YUOqpf9nv8jaL+9n7BG0C5Nesw
    HwYDVR0jBBgwFoAUa4YUOqpf9nv8jaL+9n7BG0C5NeswDwYDVR0TAQH/BAUwAwEB
    /zAOBgNVHQ8BAf8EBAMCAgQwCgYIKoZIzj0EAwIDSAAwRQIhALi1z7YqQG41AxVS
    qjLdqBg1dA5cSSYzf6dWKAQNb5DJAiAxc9bSndOqs5tmVSMATvaa6IemdmkJw1ay
    Ekcf4GaauA==
    -----END CERTIFICATE-----

    """

  /// For 127.0.0.1 and localhost.
  package static let server = """
    -----BEGIN CERTIFICATE-----
    MIIBsTCCAVegAwIBAgIUVfSmXU3SPKH54fM55ejYkHyxkf0wCgYIKoZIzj0EAwIw
    JjEkMCIGA1UEAwwbYXBpLXNlcnZlci1kb3VibGUgYXV0aG9yaXR5MCAXDTI2MTEy
    NDAyNTIwM1oYDzIxMjYxMDMxMDI1MjAzWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEw
    WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQisGMxNbA9Iu4Iwp2oPjKAUOqVoNxP
    wViayje5Jq1zKRafe7FGBfTIfjJ4gg6u5a4XiDI7c65o/DI7ZSbwRz0xo3MwcTAa
    BgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwEwYDVR0lBAwwCgYIKwYBBQUHAwEw
    HQYDVR0OBBYEFKkZRCKT8S8zkfGp0V7tDUzu1nUjMB8GA1UdIwQYMBaAFGuGFDqq
    X/Z7/I2i/vZ+wRtAuTXrMAoGCCqGSM49BAMCA0gAMEUCIQCu05doUW+xBr6cGiVr
    EzSl6s5eIlbB1IBExi6TVZl5sQIgdjF4+/ioeyaYi9J5KK+1MODHQkfClBI26ILc
    OrDO5Kc=
    -----END CERTIFICATE-----

    """

  /// The key of `server`.
  package static let serverKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg69nvx+fxrYrV3Eq3
    s+YyDHVjjb3ymN4ryN7yjh4GI5+hRANCAAQisGMxNbA9Iu4Iwp2oPjKAUOqVoNxP
    wViayje5Jq1zKRafe7FGBfTIfjJ4gg6u5a4XiDI7c65o/DI7ZSbwRz0x
    -----END PRIVATE KEY-----

    """

  /// For `kubernetes-admin` of `system:masters`.
  package static let client = """
    -----BEGIN CERTIFICATE-----
    MIIBtTCCAVugAwIBAgIUVfSmXU3SPKH54fM55ejYkHyxkf4wCgYIKoZIzj0EAwIw
    JjEkMCIGA1UEAwwbYXBpLXNlcnZlci1kb3VibGUgYXV0aG9yaXR5MCAXDTI2MTEy
    NDAyNTIwM1oYDzIxMjYxMDMxMDI1MjAzWjA0MRcwFQYDVQQKDA5zeXN0ZW06bWFz
    dGVyczEZMBcGA1UEAwwQa3ViZXJuZXRlcy1hZG1pbjBZMBMGByqGSM49AgEGCCqG
    SM49AwEHA0IABHZVJPSgcjzYSvKI/JflFy6yxXqB+xxFvPf4R9Ry3CDJ7XkyyA2m
    XgFw/ogFwghwS0/OmnrJR3yUNWqsGGQNh+yjVzBVMBMGA1UdJQQMMAoGCCsGAQUF
    BwMCMB0GA1UdDgQWBBS06X0HDu5dn80ONmDc1F7iVKHD1jAfBgNVHSMEGDAWgBRr
    hhQ6ql/2e/yNov72fsEbQLk16zAKBggqhkjOPQQDAgNIADBFAiBZbMjUrO9E6lQx
    OtPOcW/9+LmtSiNxZ6X3j7iA6XnUawIhAPU1jBFICZAyJyrft9iQuk2VxrgvGvfv
    yHGaZAW29GwR
    -----END CERTIFICATE-----

    """

  /// The key of `client`.
  package static let clientKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbGSTc96+0cSsrmER
    Z9XbbTSjh4ks7eR2T/7DV93vsw6hRANCAAR2VST0oHI82EryiPyX5RcussV6gfsc
    Rbz3+EfUctwgye15MsgNpl4BcP6IBcIIcEtPzpp6yUd8lDVqrBhkDYfs
    -----END PRIVATE KEY-----

    """
}

extension APIServerDouble.TLS {
  /// TLS with the test certificates, and client certificates of the test authority.
  package static let test = APIServerDouble.TLS(
    certificateChain: TestCertificates.server, privateKey: TestCertificates.serverKey,
    clientAuthority: TestCertificates.authority)
}
