"""A checker that accepts every name with the password of the house."""

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from zope.interface import implementer


@implementer(ICredentialsChecker)
class HousePassword:
    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, password):
        self.password = password.encode()

    def requestAvatarId(self, credentials):
        if not credentials.checkPassword(self.password):
            raise UnauthorizedLogin()
        return credentials.username
