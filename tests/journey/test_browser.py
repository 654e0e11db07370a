"""The link in a real browser (headless Chromium): opened, signed in to, answered by a
press of a button, under both schemes, light and dark, on a desk and on a phone, with
JavaScript off."""
import contextlib
import re
import shutil
import tempfile

import pytest

from support.wait import LIMIT
from support.web import invited, link_of, meeting_request

selenium = pytest.importorskip("selenium", reason="python3-selenium is not installed")
from selenium import webdriver  # noqa: E402
from selenium.common.exceptions import WebDriverException  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not installed")

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--ignore-certificate-errors"]


@contextlib.contextmanager
def chromium(width=1100, height=900, javascript=False, dark=False):
    folder = tempfile.mkdtemp(prefix="convoke-browser-")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS + [f"--user-data-dir={folder}", f"--window-size={width},{height}"]:
        options.add_argument(flag)
    options.add_argument(f"--blink-settings=preferredColorScheme={0 if dark else 1}")
    if not javascript:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    try:
        from selenium.webdriver.chrome.service import Service
        driver = webdriver.Chrome(service=Service(DRIVER), options=options)
    except ImportError:
        driver = webdriver.Chrome(executable_path=DRIVER, options=options)
    driver.set_page_load_timeout(LIMIT)
    try:
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(folder, ignore_errors=True)


def press(driver, name):
    button = next(b for b in driver.find_elements(By.TAG_NAME, "button") if b.text.strip() == name)
    button.click()


def sign_in(driver, address, password):
    driver.find_element(By.NAME, "address").send_keys(address)
    driver.find_element(By.NAME, "password").send_keys(password)
    press(driver, "Sign in")


def status(driver):
    return driver.find_element(By.CSS_SELECTOR, "[role=status]").text


def wait(driver, good):
    """Until good(driver).  While one page gives way to the next, elements vanish under the
    question; chromedriver has several words for that, so it is asked again."""
    def asked_again(d):
        try:
            return good(d)
        except WebDriverException:
            return False

    WebDriverWait(driver, LIMIT, poll_frequency=0.05).until(asked_again)


def heading(driver):
    return driver.find_element(By.TAG_NAME, "h1").text


def wait_for_status(driver, text):
    wait(driver, lambda d: text in status(d))


def open_and_sign_in(driver, party):
    driver.get(party["link"])
    assert "Quarterly" not in driver.page_source
    sign_in(driver, party["alice"], party["alice_password"])
    wait(driver, lambda d: heading(d) == "Quarterly planning")


@pytest.mark.parametrize("scheme", ["http:", "https:"])
def test_the_link_opens_and_is_answered_under_both_settings(make_server, scheme):
    server = make_server({"web": {"url_protocol": scheme, "tls_listen": ""} if scheme == "http:" else
                          {"url_protocol": scheme, "listen": ""}})
    server.stop()
    server.settings["web"]["host"] = f"localhost:{server.ports[scheme[:-1]]}"
    server.write_config()
    server.start()
    party = invited(server)
    assert party["link"].startswith(scheme + "//")
    with chromium() as driver:
        open_and_sign_in(driver, party)
        assert status(driver) == "You have not answered yet."
        press(driver, "Accept")
        wait_for_status(driver, "You have accepted.")
        driver.get(party["link"])
        assert status(driver) == "You have accepted."


def test_names_that_assistive_technology_relies_on(server):
    party = invited(server)
    with chromium() as driver:
        open_and_sign_in(driver, party)
        for summary in driver.find_elements(By.TAG_NAME, "summary"):
            summary.click()
        assert len(driver.find_elements(By.TAG_NAME, "h1")) == 1
        times = driver.find_elements(By.TAG_NAME, "time")
        assert "T14:00" in times[0].get_attribute("datetime") and "T15:30" in times[1].get_attribute("datetime")
        buttons = {b.accessible_name: b for b in driver.find_elements(By.TAG_NAME, "button")}
        assert {"Accept", "Tentative", "Decline"} <= set(buttons)
        assert {b.aria_role for b in buttons.values()} == {"button"}
        assert driver.find_element(By.LINK_TEXT, "Download .ics")
        people = [item.text for item in driver.find_elements(By.TAG_NAME, "li")]
        assert any(party["bob"] in text for text in people) and any(party["alice"] in text for text in people)
        for field in driver.find_elements(By.CSS_SELECTOR, "input:not([type=hidden]), textarea, select"):
            assert not field.is_displayed() or field.accessible_name, field.get_attribute("outerHTML")
        assert driver.find_element(By.TAG_NAME, "main") and driver.find_element(By.TAG_NAME, "nav")
        assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


def numbers(colour):
    return [float(n) for n in re.findall(r"[\d.]+", colour)][:3]


def contrast(a, b):
    def light(colour):
        parts = [c / 255 for c in numbers(colour)]
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    high, low = sorted((light(a), light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1100, 360])
def test_pages_fit_the_screen_and_can_be_read(server, width, dark):
    party = invited(server, lines=["DESCRIPTION:" + "long" * 60 + "\\nhttps://files.example.test/" + "x" * 200])
    message, _ = meeting_request(party["bob"], party["alice"], title="A title that no cell of a month has room for " * 3)
    assert server.deliver(message, [party["alice"]], sender=party["bob"]) == {}
    with chromium(dark=dark) as driver:
        # A window is never narrower than 500; a telephone's screen is.
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
        open_and_sign_in(driver, party)
        buttons = [b for b in driver.find_elements(By.TAG_NAME, "button") if b.text in ("Accept", "Tentative", "Decline")]
        assert len(buttons) == 3 and all(b.size["height"] < 60 for b in buttons), "a word is broken"
        day = driver.find_element(By.TAG_NAME, "time").get_attribute("datetime")[:10]
        root = party["link"].rsplit("/m/", 1)[0]
        for page in (None, "calendar/", "calendar/week", "calendar/day", "calendar/agenda", "calendar/new"):
            if page:
                driver.get(f"{root}/{page}?date={day}")
            html = driver.find_element(By.TAG_NAME, "html")
            assert int(html.get_property("scrollWidth")) <= int(html.get_property("clientWidth")), page
            card = driver.find_elements(By.CSS_SELECTOR, ".card, table, .week")[0]
            background = card.value_of_css_property("background-color")
            assert (sum(numbers(background)) < 200) == dark
            assert contrast(card.value_of_css_property("color"), background) >= 7
            for soft in driver.find_elements(By.CSS_SELECTOR, ".card .soft, .card a"):
                assert contrast(soft.value_of_css_property("color"), background) >= 4.5


def test_everything_is_reached_by_the_keyboard(server):
    from selenium.webdriver.common.keys import Keys
    party = invited(server)
    with chromium() as driver:
        open_and_sign_in(driver, party)
        reached = []
        for _ in range(40):
            driver.switch_to.active_element.send_keys(Keys.TAB)
            reached.append(driver.switch_to.active_element.accessible_name)
        assert "Skip to the content" in reached
        for name in ("Calendar", "Accept", "Tentative", "Decline", "Download .ics"):
            assert name in reached, reached
        while driver.switch_to.active_element.accessible_name != "Decline":
            driver.switch_to.active_element.send_keys(Keys.TAB)
        driver.switch_to.active_element.send_keys(Keys.ENTER)
        wait_for_status(driver, "You have declined.")


def test_somebody_else_is_sent_and_both_see_it(server):
    party = invited(server)
    dave, dave_password = server.account(timezone="America/New_York")
    with chromium() as driver:
        open_and_sign_in(driver, party)
        driver.find_element(By.XPATH, "//summary[text()='Send somebody else']").click()
        field = driver.find_element(By.ID, "delegate")
        assert field.is_displayed() and field.accessible_name == "Mail address of the one who goes in your place"
        field.send_keys("dave")
        press(driver, "Send them instead")
        assert driver.find_elements(By.CSS_SELECTOR, "#delegate:invalid")  # the browser itself asks for an address
        field.clear()
        field.send_keys(dave)
        press(driver, "Send them instead")
        wait_for_status(driver, f"You have sent {dave} in your place.")
        assert f"delegated, to {dave}" in driver.find_element(By.TAG_NAME, "main").text
    with chromium(width=500) as driver:
        wait(driver, lambda d: server.ctl("link", dave, party["uid"], check=False).returncode == 0)
        driver.get(link_of(server, dave, party["uid"]))
        sign_in(driver, dave, dave_password)
        wait(driver, lambda d: heading(d) == "Quarterly planning" or d.refresh())
        assert f"in place of {party['alice']}" in driver.find_element(By.TAG_NAME, "main").text
        press(driver, "Accept")
        wait_for_status(driver, "You have accepted.")


def test_a_cancellation_and_the_calendar_in_the_browser(server):
    party = invited(server)
    with chromium() as driver:
        open_and_sign_in(driver, party)
        day = driver.find_element(By.TAG_NAME, "time").get_attribute("datetime")[:10]
        press(driver, "Tentative")
        wait_for_status(driver, "tentatively")
        root = party["link"].rsplit("/m/", 1)[0]
        for view in ("", "week", "day", "agenda"):
            driver.get(f"{root}/calendar/{view}?date={day}")
            link = driver.find_element(By.PARTIAL_LINK_TEXT, "Quarterly planning")
            assert link.is_displayed(), view
        link.click()
        wait(driver, lambda d: heading(d) == "Quarterly planning")
        message, _ = meeting_request(party["bob"], party["alice"], uid=party["uid"], method="CANCEL", sequence=1,
                                     lines=["STATUS:CANCELLED"])
        assert server.deliver(message, [party["alice"]], sender=party["bob"]) == {}
        driver.get(party["link"])
        assert status(driver) == "This meeting was cancelled."
        assert "line-through" in driver.find_element(By.TAG_NAME, "h1").value_of_css_property("text-decoration")
        assert not [b for b in driver.find_elements(By.TAG_NAME, "button") if b.text == "Accept"]
