"""Operations on applications for an account."""

from lemmy_lite.domain import registration as applications
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.registration import (
    ApproveRegistrationApplication,
    GetRegistrationApplication,
    GetUnreadRegistrationApplicationCountResponse,
    ListRegistrationApplications,
    ListRegistrationApplicationsResponse,
    RegistrationApplicationResponse,
)
from lemmy_lite.model.paging import page


async def list_registration_applications(call: UserCall, form: ListRegistrationApplications) -> ListRegistrationApplicationsResponse:
    """One page of applications."""
    found = await call.database.read(
        applications.listing, call.viewer.person, page(form.limit, form.page), undecided_only=bool(form.unread_only)
    )
    return ListRegistrationApplicationsResponse(registration_applications=found)


async def get_registration_application(call: UserCall, form: GetRegistrationApplication) -> RegistrationApplicationResponse:
    """A person's application."""
    found = await call.database.read(applications.of_person, call.viewer.person, form.person_id)
    return RegistrationApplicationResponse(registration_application=found)


async def approve_registration_application(call: UserCall, form: ApproveRegistrationApplication) -> RegistrationApplicationResponse:
    """Accept or refuse an application."""
    decided = await call.database.write(
        applications.decide, call.viewer.person, form.id, approve=form.approve, deny_reason=form.deny_reason
    )
    return RegistrationApplicationResponse(registration_application=decided)


async def get_unread_registration_application_count(call: UserCall) -> GetUnreadRegistrationApplicationCountResponse:
    """How many applications wait."""
    number = await call.database.read(applications.count_undecided, call.viewer.person)
    return GetUnreadRegistrationApplicationCountResponse(registration_applications=number)
