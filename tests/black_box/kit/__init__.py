"""What the black-box tests share: processes, certificates, peers, hostile servers, captures."""
