# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What users have of it: notebooks that stay, others who are apart, and work that goes on while parts of Kubeflow are lost or changed."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.patience import until
from ansible_collections.kubeflow.bootstrap.tests.real import pods
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.soak

NAMESPACE = "kubeflow"


@pytest.fixture(scope="module")
def anna(kubeflow):
    """A user whose server runs, with a kernel in it."""
    user = kubeflow.user("anna")
    user.start()
    user.server("POST", "kernels", {"name": "python3"})
    return user


@pytest.fixture(scope="module")
def bert(kubeflow):
    user = kubeflow.user("bert")
    user.start()
    return user


def kernels(user):
    """The kernels of a user's server; ``None`` while it is out of reach."""
    status, answer = user.server("GET", "kernels")
    return {each["id"] for each in answer} if status == 200 else None


def click(driver, css):
    """Click what can be clicked; whether there was something."""
    try:
        for each in driver.find_elements("css selector", css):
            if each.is_displayed() and each.is_enabled():
                each.click()
                return True
    except WebDriverException:
        # The page went on meanwhile.
        return False
    return False


def press(driver, css):
    """Click once, when it can be clicked."""
    until(lambda: click(driver, css), f"{css} can be clicked", seconds=20)


def test_a_notebook_from_the_launcher_survives_stop_and_start(kubeflow, window):
    driver = window.driver

    def shown(text):
        return lambda: text in driver.find_element("css selector", "body").text

    driver.get(kubeflow.address)
    driver.find_element("id", "username_input").send_keys("clara")
    driver.find_element("id", "password_input").send_keys(kubeflow.password())
    press(driver, "#login_submit")
    press(driver, ".jp-LauncherCard[data-category='Notebook']")
    until(shown("Python 3 (ipykernel) | Idle"), "the kernel has started", seconds=20)
    press(driver, ".jp-Notebook .jp-CodeCell .cm-content")
    ActionChains(driver).send_keys("print(6 * 7, 'is kept')").key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()
    until(shown("42 is kept"), "the cell ran", seconds=20)
    ActionChains(driver).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()
    # JupyterLab asks for a name when a new notebook is first saved.
    press(driver, ".jp-Dialog .jp-mod-accept")
    clara = kubeflow.user("clara")
    until(lambda: "42 is kept" in str(clara.server("GET", "contents/Untitled.ipynb")[1]), "it is saved", seconds=10)

    driver.get(f"{kubeflow.address}hub/home")
    # A button does nothing until its page's scripts have come.
    until(lambda: click(driver, "#stop") is not None and clara.gone(), "the server is stopped", seconds=20)
    until(lambda: click(driver, "#start") is not None and driver.title.startswith("JupyterLab"), "JupyterLab opens again", seconds=20)
    driver.get(f"{kubeflow.address}user/clara/lab/tree/Untitled.ipynb")
    until(shown("42 is kept"), "the notebook is there, with what it printed", seconds=20)
    clara.stop()


def test_users_are_apart(kubeflow, anna, bert):
    assert anna.python("open('/home/jovyan/work/mine.txt', 'w').write('of anna')")[0]
    assert anna.server("GET", "contents/mine.txt")[0] == 200
    # Files: neither in a server of his own, nor by the way to hers.
    assert bert.server("GET", "contents/mine.txt")[0] == 404
    status, page = bert.ask("GET", "user/anna/api/contents/mine.txt")
    assert status in (403, 404) and "of anna" not in page
    # The network: not past the hub either.
    address = kubeflow.get("pod", anna.pod)["status"]["podIP"]
    until(lambda: not bert.reaches(address, 8888), "anna's server is closed to bert's", seconds=5)
    # Tokens: what his server has opens nothing of hers, and nothing of the cluster.
    code = """
import json, os, urllib.error, urllib.request
def ask(path):
    request = urllib.request.Request(f"{os.environ['JUPYTERHUB_API_URL']}/{path}")
    request.add_header("Authorization", f"token {os.environ['JUPYTERHUB_API_TOKEN']}")
    try:
        return urllib.request.urlopen(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code
print([ask("user"), ask("users/anna"), ask("users"), os.path.exists("/var/run/secrets/kubernetes.io")])
"""
    done, output = bert.python(code)
    assert (done, output) == (True, "[200, 404, 403, False]")


def test_the_hub_is_lost_and_work_goes_on(kubeflow, anna):
    before = kernels(anna)
    kubeflow.kubectl("delete", "pod", "-l", "app.kubernetes.io/component=hub", "--now")
    # Who comes meanwhile is told so.
    until(lambda: "restarting" in pods.ask(kubeflow.cluster, "kubeflow", "hub/login", NAMESPACE), "the gateway says so", seconds=5)
    kubeflow.ready("hub")
    until(lambda: kernels(anna) == before, "anna goes on where she was, without another login", seconds=20)


def test_the_proxy_is_lost_and_work_goes_on(kubeflow, anna):
    before = kernels(anna)
    kubeflow.kubectl("exec", kubeflow.pod("hub")["metadata"]["name"], "-c", "proxy", "--", "sh", "-c", "kill -TERM 1")

    def again():
        states = {each["name"]: each for each in kubeflow.pod("hub")["status"]["containerStatuses"]}
        return states["proxy"]["restartCount"] > 0 and states["proxy"]["ready"]

    until(again, "the proxy has started again", seconds=10)
    until(lambda: kernels(anna) == before, "anna goes on where she was", seconds=20)


def test_the_gateway_is_lost_and_work_goes_on(kubeflow, anna):
    before = kernels(anna)
    kubeflow.kubectl("delete", "pod", "-l", "app.kubernetes.io/component=gateway", "--now")
    kubeflow.ready("gateway")
    until(lambda: kernels(anna) == before, "anna goes on where she was", seconds=10)


def test_a_changed_parameter_rolls_and_idle_servers_are_stopped(kubeflow, anna):
    """The parameter is how long a server may be idle."""
    before = {each["metadata"]["name"]: each["metadata"]["uid"] for each in kubeflow.get("pods")["items"]}
    assert anna.python("open('/home/jovyan/work/kept.txt', 'w').write('kept')")[0]
    run = kubeflow.work.bootstrap(kubeflow_parameters={"kubeflow-core": {"jupyterNotebookIdleSeconds": 10}}).well()
    assert " 2 changed" in run.output, "the hub and its configuration"
    after = {each["metadata"]["name"]: each["metadata"]["uid"] for each in kubeflow.get("pods")["items"]}
    rolled = {name for name in before if name not in after} - {anna.pod, "jupyter-bert"}
    assert all(name.startswith("hub-") for name in rolled) and len(rolled) == 1
    until(anna.gone, "the idle server is stopped", seconds=20)
    kubeflow.work.bootstrap(kubeflow_parameters={"kubeflow-core": {"jupyterNotebookIdleSeconds": 0}}).well()
    anna.start()
    assert anna.server("GET", "contents/kept.txt?type=file&format=text")[1]["content"] == "kept"
