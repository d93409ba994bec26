from ftplib import FTP


def test_upload(ftp_port, tmp_path):
    (tmp_path / "letter").write_text("Dear Alice")
    with FTP() as client, open(tmp_path / "letter", "rb") as letter:
        client.connect("127.0.0.1", ftp_port)
        client.login("alice", "secret")
        client.storbinary("STOR letter", letter)
    assert (tmp_path / "files" / "letter").read_text() == "Dear Alice"


def test_another_service_in_the_same_process(ftp_port):
    with FTP() as client:
        client.connect("127.0.0.1", ftp_port)
        client.login("alice", "secret")
        assert client.nlst() == []
