"""What records and benchmarks tell of a GPU, with one that is only pretended."""

from __future__ import annotations

import subprocess

import pytest
import torch

from agents import device_use
from agents.device_use import GIB, DeviceMeter, utilisation_by_tool

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 1)


@pytest.fixture
def pretended(monkeypatch):
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 3 * GIB)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    monkeypatch.setattr(torch.cuda, "utilization", lambda device: 87)


def test_a_cpu_has_nothing_to_tell():
    assert device_use.device_use(CPU) == {}
    with DeviceMeter(CPU) as meter:
        pass
    assert meter.peak_memory_gib is None and meter.utilisation is None


def test_records_tell_of_memory_and_utilisation(pretended):
    assert device_use.device_use(CUDA) == {"device/peak_memory_gib": 3.0, "device/utilisation": 0.87}


@pytest.mark.parametrize("error", [ModuleNotFoundError("pynvml"), RuntimeError("no driver")])
def test_without_nvidias_package_memory_is_told_alone(error, pretended, monkeypatch):
    def missing(device):
        raise error

    monkeypatch.setattr(torch.cuda, "utilization", missing)
    assert device_use.device_use(CUDA) == {"device/peak_memory_gib": 3.0}


def test_a_meter_takes_means_and_stops_with_its_block(pretended, monkeypatch):
    asked = []
    monkeypatch.setattr(device_use, "INTERVAL_S", 0.001)
    shares = [0.5, 1.0]
    monkeypatch.setattr(device_use, "utilisation_by_tool", lambda index: asked.append(index) or shares[len(asked) % 2])
    with pytest.raises(KeyError), DeviceMeter(CUDA) as meter:
        while len(asked) < 4:
            pass
        raise KeyError
    assert not meter.thread.is_alive() and set(asked) == {1}
    assert meter.peak_memory_gib == 3.0 and 0.5 < meter.utilisation < 1.0


def test_utilisation_that_nobody_tells_is_not_taken_for_none(pretended, monkeypatch):
    asked = []
    monkeypatch.setattr(device_use, "INTERVAL_S", 0.001)
    monkeypatch.setattr(device_use, "utilisation_by_tool", asked.append)
    with DeviceMeter(CUDA) as meter:
        while not asked:
            pass
    assert meter.utilisation is None and meter.peak_memory_gib == 3.0


def test_the_tool_is_asked_for_one_device_and_may_be_missing(monkeypatch):
    commands = []

    def answer(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, stdout=["42\n", "[N/A]\n"][len(commands) - 1])

    monkeypatch.setattr(subprocess, "run", answer)
    assert utilisation_by_tool(1) == 0.42 and "--id=1" in commands[0] and utilisation_by_tool(1) is None

    def missing(command, **_):
        raise FileNotFoundError(command[0])

    monkeypatch.setattr(subprocess, "run", missing)
    assert utilisation_by_tool(0) is None
